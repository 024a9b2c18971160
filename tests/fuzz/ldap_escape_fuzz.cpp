// Escaping for filters and names must round-trip through libldap's own parsers, and Dn::parse must take anything.
#include "plugins/directory-ldap/dn.hpp"
#include "plugins/directory-ldap/escape.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

void demand(bool is_so) {
    if (!is_so) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace stint::directory_ldap;
    if (size == 0 || size > 2000) return 0;
    const std::string value(reinterpret_cast<const char*>(data), size);

    const auto filter = escaped_for_filter(value);
    for (const char c : filter) demand(c >= 0x20 && c < 0x7F && c != '(' && c != ')' && c != '*');

    const auto named = Dn::parse(rdn("cn", value) + ",dc=example");
    demand(named.has_value() && named->rdns().size() == 2 && named->rdns()[0].size() == 1 && named->rdns()[0][0].value == value);

    if (const auto any = Dn::parse(value); any) {
        const auto again = Dn::parse(any->text());
        demand(again.has_value() && again->rdns() == any->rdns() && again->key() == any->key());
    }
    try {
        (void)Filter::from_settings(value);
    } catch (const std::invalid_argument&) {
    }
    return 0;
}
