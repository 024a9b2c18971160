// TOML read strictly: every key is asked for by name and type, and whatever was not asked for is a fault.
// Knows nothing of what the keys mean. The only header that names the TOML library.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace stint::config {

/// Parses one text. nullopt, with an error in `faults`, when it is no TOML or nested beyond reason.
[[nodiscard]] std::optional<toml::table> parse_toml(const SourceText& source, Faults& faults);

/// Key by key, tables into tables; anything else (arrays of tables too) is replaced as a whole. Places move along.
void merge_into(toml::table& base, toml::table&& overlay);

[[nodiscard]] Place place_of(const toml::node& node);
/// "file:12: ", or "file: " when the line is not known, or "" when nothing is. Safe for a terminal.
[[nodiscard]] std::string to_prefix(const Place& place);
/// What a value is, for people: "a number".
[[nodiscard]] std::string_view kind_of(const toml::node& node);

struct TextLimits {
    std::size_t longest = 200;  ///< code points
};
struct ListLimits {
    std::size_t most = 64;
    bool may_be_empty = false;
};

/// One table. What it hands out is right in type and range; nullopt stands for absent or faulty, and
/// what is faulty was told to `faults`. Call `finish` last: it tells the keys that nobody asked for.
class TableReader {
public:
    /// `subject` opens every message ("entitlement `x`: "); `path` is the table's own ("listen", "" for the root).
    TableReader(const toml::table& table, std::string subject, std::string path, Faults& faults);

    [[nodiscard]] bool has(std::string_view key);
    /// Tells when the key is absent.
    bool require(std::string_view key);
    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view key, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] std::optional<std::string> text(std::string_view key, TextLimits limits = {});
    [[nodiscard]] std::optional<Seconds> duration(std::string_view key, Seconds shortest, Seconds longest);
    /// The word's position in `words`.
    [[nodiscard]] std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> words);
    /// A list of different texts.
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key, ListLimits list, TextLimits limits = {});
    [[nodiscard]] std::optional<std::vector<GroupName>> groups(std::string_view key, ListLimits list);
    /// The table under the key, with a reader of its own.
    [[nodiscard]] std::optional<TableReader> table(std::string_view key);
    /// The array of tables under the key, a reader for each; empty when absent.
    [[nodiscard]] std::vector<TableReader> tables(std::string_view key, std::size_t most);
    void finish();

    /// A fault of this key's value; of the table where the key is absent.
    void fault(std::string_view key, const std::string& what);
    void warn(std::string_view key, const std::string& what);
    /// "`listen.socket`"
    [[nodiscard]] std::string quoted(std::string_view key) const;
    [[nodiscard]] Place place(std::string_view key) const;
    [[nodiscard]] const toml::table& raw() const noexcept { return *table_; }
    /// From here on messages open with the subject, and paths begin at this table.
    void speak_of(std::string subject) {
        subject_ = std::move(subject);
        path_.clear();
    }

private:
    [[nodiscard]] const toml::node* take(std::string_view key);
    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> checked_text(const toml::node& node, std::string_view key, TextLimits limits);
    void fault_at(const toml::node& node, const std::string& what);
    void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted);

    const toml::table* table_;
    std::string subject_, path_;
    Faults* faults_;
    std::set<std::string, std::less<>> known_;
};

/// Longest name of a group: a DN needs more room than other texts.
inline constexpr std::size_t longest_group_name = 512;

}  // namespace stint::config
