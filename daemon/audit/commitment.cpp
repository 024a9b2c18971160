// HMAC-SHA256 and base64 from OpenSSL, and the layout of what is committed to. Knows nothing of events.
#include "audit/commitment.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace stint::audit {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view domain = "stint/commit/v1\0"sv;
constexpr std::size_t digest_size = 32;
constexpr std::size_t text_size = 44;

/// Fetched once: EVP_sha256() looks the digest up anew each time.
const EVP_MD* sha256() {
    static EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (digest == nullptr) throw std::runtime_error("OpenSSL has no SHA-256: check its configuration (openssl list -digest-algorithms)");
    return digest;
}

const unsigned char* bytes(const void* data) { return static_cast<const unsigned char*>(data); }

int alphabet_value(char letter) {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    if (letter == '+') return 62;
    if (letter == '/') return 63;
    return -1;
}

}  // namespace

std::string commitment(const Salt& salt, std::string_view field, std::string_view plaintext) {
    if (field.size() > std::numeric_limits<std::uint16_t>::max()) throw std::length_error("a field's name is longer than 65,535 bytes");
    std::string message;
    message.reserve(domain.size() + 2 + field.size() + plaintext.size());
    message += domain;
    message += static_cast<char>(field.size() >> 8U);
    message += static_cast<char>(field.size() & 0xFFU);
    message += field;
    message += plaintext;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (HMAC(sha256(), salt.data(), static_cast<int>(salt.size()), bytes(message.data()), message.size(), digest.data(), &size) == nullptr ||
        size != digest_size) {
        throw std::runtime_error("OpenSSL could not compute an HMAC");
    }
    std::array<unsigned char, text_size + 1> text{};
    EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
    return {text.begin(), text.begin() + text_size};
}

bool is_commitment(std::string_view text) {
    // 32 bytes are 42 letters, a last letter whose two low bits carry nothing, and one '='.
    if (text.size() != text_size || text.back() != '=') return false;
    const std::string_view letters = text.substr(0, text_size - 1);
    return std::all_of(letters.begin(), letters.end(), [](char letter) { return alphabet_value(letter) >= 0; }) &&
           (alphabet_value(letters.back()) & 3) == 0;
}

}  // namespace stint::audit
