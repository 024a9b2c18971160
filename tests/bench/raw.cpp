// libldap and SQLite by themselves.
#include "tests/bench/raw.hpp"

#include <ldap.h>
#include <sqlite3.h>

#include <fstream>
#include <stdexcept>

namespace stint::bench {
namespace {

[[noreturn]] void fail(const std::string& what, int code) { throw std::runtime_error(what + ": " + ::ldap_err2string(code)); }

void must(int code, const std::string& what) {
    if (code != LDAP_SUCCESS) fail(what, code);
}

}  // namespace

RawDirectory::RawDirectory(const testing::Slapd& slapd) {
    must(::ldap_initialize(&handle_, slapd.ldaps_url().c_str()), "a raw connection");
    const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, as_client = 0;
    const std::string ca = testing::Slapd::ca_file();
    ::ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version);
    ::ldap_set_option(handle_, LDAP_OPT_X_TLS_CACERTFILE, ca.c_str());
    ::ldap_set_option(handle_, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    ::ldap_set_option(handle_, LDAP_OPT_X_TLS_NEWCTX, &as_client);
    std::string password;
    std::getline(std::ifstream(slapd.password_file()), password);
    berval credentials{password.size(), password.data()};
    must(::ldap_sasl_bind_s(handle_, testing::Slapd::bind_dn().c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr), "a raw bind");
}

RawDirectory::~RawDirectory() {
    if (handle_ != nullptr) ::ldap_unbind_ext_s(handle_, nullptr, nullptr);
}

int RawDirectory::send_modify(const Pair& pair, int operation) {
    berval value{pair.person.size(), const_cast<char*>(pair.person.data())};
    berval* values[] = {&value, nullptr};
    LDAPMod change{};
    change.mod_op = operation | LDAP_MOD_BVALUES;
    change.mod_type = const_cast<char*>("member");
    change.mod_bvalues = values;
    LDAPMod* changes[] = {&change, nullptr};
    int id = 0;
    return ::ldap_modify_ext(handle_, pair.group.c_str(), changes, nullptr, nullptr, &id);
}

int RawDirectory::send_read(const Pair& pair) {
    const std::string filter = "(member=" + pair.person + ")";
    char* nothing[] = {const_cast<char*>(LDAP_NO_ATTRS), nullptr};
    int id = 0;
    return ::ldap_search_ext(handle_, pair.group.c_str(), LDAP_SCOPE_BASE, filter.c_str(), nothing, 0, nullptr, nullptr, nullptr, 0, &id);
}

int RawDirectory::one_result() {
    for (has_entry_ = false;;) {
        LDAPMessage* message = nullptr;
        const int kind = ::ldap_result(handle_, LDAP_RES_ANY, LDAP_MSG_ONE, nullptr, &message);
        if (kind <= 0) throw std::runtime_error("slapd does not answer");
        if (kind == LDAP_RES_SEARCH_ENTRY) {
            has_entry_ = true;
            ::ldap_msgfree(message);
            continue;
        }
        int code = LDAP_OTHER;
        ::ldap_parse_result(handle_, message, &code, nullptr, nullptr, nullptr, nullptr, 1);
        return code;
    }
}

void RawDirectory::add(const Pair& pair) {
    must(send_modify(pair, LDAP_MOD_ADD), "a raw add");
    must(one_result(), "a raw add");
}

void RawDirectory::remove(const Pair& pair) {
    must(send_modify(pair, LDAP_MOD_DELETE), "a raw removal");
    must(one_result(), "a raw removal");
}

bool RawDirectory::has(const Pair& pair) {
    must(send_read(pair), "a raw read");
    must(one_result(), "a raw read");
    return has_entry_;
}

template <class Send>
void RawDirectory::pipeline(const std::vector<Pair>& list, std::size_t window, Send send) {
    std::size_t sent = 0;
    for (std::size_t done = 0; done < list.size(); ++done) {
        for (; sent < list.size() && sent - done < window; ++sent) must(send(list[sent]), "a raw operation");
        must(one_result(), "a raw operation");
    }
}

void RawDirectory::add_all(const std::vector<Pair>& list, std::size_t window) {
    pipeline(list, window, [this](const Pair& pair) { return send_modify(pair, LDAP_MOD_ADD); });
}

void RawDirectory::read_all(const std::vector<Pair>& list, std::size_t window) {
    pipeline(list, window, [this](const Pair& pair) { return send_read(pair); });
}

RawCommits::RawCommits(const std::string& file) {
    const char* setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    if (::sqlite3_open(file.c_str(), &db_) != SQLITE_OK || ::sqlite3_exec(db_, setup, nullptr, nullptr, nullptr) != SQLITE_OK ||
        ::sqlite3_prepare_v2(db_, "INSERT INTO rows (text) VALUES (hex(randomblob(200)))", -1, &insert_, nullptr) != SQLITE_OK)
        throw std::runtime_error(std::string("a raw database: ") + ::sqlite3_errmsg(db_));
}

RawCommits::~RawCommits() {
    ::sqlite3_finalize(insert_);
    ::sqlite3_close(db_);
}

void RawCommits::commit() {
    const int code = ::sqlite3_step(insert_);
    ::sqlite3_reset(insert_);
    if (code != SQLITE_DONE) throw std::runtime_error(std::string("a raw commit: ") + ::sqlite3_errmsg(db_));
}

}  // namespace stint::bench
