// One LDAP operation and its answer as plain values, and the one place that turns an operation into bytes.
// It never waits: connection.hpp does.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct ldap;
struct ldapmsg;

namespace stint::directory_ldap {

/// A text that is wiped when it goes.
class Secret {
public:
    explicit Secret(std::string& text);  ///< takes the bytes and wipes `text`
    ~Secret();
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    [[nodiscard]] std::string_view text() const noexcept { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

/// An attribute and one of its values.
struct Value {
    std::string attribute;
    std::string text;
    friend auto operator<=>(const Value&, const Value&) = default;
};

enum class Scope { base, subtree };

struct Search {
    std::string base;
    Scope scope = Scope::base;
    std::string filter;                    ///< Filter::text
    std::vector<std::string> attributes;   ///< empty: none but the DN
    std::vector<Value> only_values{};      ///< not empty: of all values, only these (RFC 3876),
    std::vector<std::string> and_all_of{}; ///< and all that these attributes have
    int size_limit = 0;
    bool ends_a_call = false;              ///< goes before searches that begin one
    std::string_view control{};            ///< an OID, critical, without a value; "": none. Of static life
};

enum class ChangeKind { add, remove };

struct Modify {
    std::string dn;
    ChangeKind kind = ChangeKind::add;
    std::vector<Value> values;
    std::string asserted{};   ///< a filter that the entry must match, or the server refuses (RFC 4528); "": no matter
    std::string post_read{};  ///< an attribute that the server is to show after the write (RFC 4527); "": none
};

struct Bind {
    std::string dn;                    ///< simple, when there is a password
    std::shared_ptr<Secret> password;  ///< nullptr: SASL EXTERNAL
};

using Operation = std::variant<Search, Modify, Bind>;

[[nodiscard]] bool is_write(const Operation& operation);
[[nodiscard]] std::string_view name_of(const Operation& operation);

/// Sends; the LDAP result code of sending. Not 0: nothing is known of how much went out.
[[nodiscard]] int send(struct ldap* handle, const Operation& operation, int& message_id);

struct Entry {
    std::string dn;
    std::map<std::string, std::vector<std::string>> attributes;  ///< names in lower case
    [[nodiscard]] const std::vector<std::string>& all(const std::string& attribute) const;
    [[nodiscard]] std::string first(const std::string& attribute) const;  ///< "" when there is none
};

struct Reply {
    int code = 0;
    std::string text;                    ///< the server's own words
    std::vector<Entry> entries;
    std::vector<std::string> referrals;  ///< continuation references too: what was not searched
    std::optional<Entry> post_read;      ///< the entry as the write left it, when the server showed it
};

[[nodiscard]] Entry entry_of(struct ldap* handle, struct ldapmsg* message);
/// Adds code, text, referrals and what was read after a write, of a final message; false when it cannot be understood.
[[nodiscard]] bool add_result(struct ldap* handle, struct ldapmsg* message, Reply& reply);
void add_reference(struct ldap* handle, struct ldapmsg* message, Reply& reply);

}  // namespace stint::directory_ldap
