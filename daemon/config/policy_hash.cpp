// The hash that names a policy; config.hpp says over which bytes.
#include "config/policy_hash.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>

namespace stint::config {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void require(int outcome) {
    if (outcome != 1) throw std::runtime_error("the policy cannot be hashed: OpenSSL has no SHA-256");
}

}  // namespace

PolicyHash hash_of(std::span<const SourceText> files, const Roles& roles) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context) throw std::bad_alloc();
    require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    const auto add = [&context](const std::string& bytes) { require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size())); };
    const std::string zero(1, '\0');
    for (const SourceText& file : files) {
        // The name without its folder: the same files elsewhere are the same policy.
        add(std::filesystem::path(file.name).filename().string() + zero);
        add(std::to_string(file.text.size()) + zero);
        add(file.text);
    }
    // Who holds a role decides as much as any entitlement. "/" is in no file's name, so no file can pass for a role.
    const auto add_role = [&](const std::string& name, const std::vector<GroupName>& groups) {
        if (!groups.empty()) add(name + zero);
        for (const GroupName& group : groups) {
            add(std::to_string(group.value.size()) + zero);
            add(group.value);
        }
    };
    add_role("roles/auditor", roles.auditor);
    add_role("roles/security", roles.security);
    std::array<unsigned char, 32> digest{};
    require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0FU];
    }
    return PolicyHash(text);
}

}  // namespace stint::config
