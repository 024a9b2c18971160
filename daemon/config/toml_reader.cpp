// The strict reader of one table; see toml_reader.hpp. Messages quote keys, never whole values of texts:
// a secret that stands in the wrong place must not reach the log.
#include "config/toml_reader.hpp"

#include "config/nearest.hpp"
#include "log/log.hpp"
#include "wire/plain_text.hpp"

#include <algorithm>

namespace stint::config {
namespace {

bool has_outer_space(std::string_view text) { return text.front() == ' ' || text.back() == ' '; }

std::string list_of(std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    return list;
}

}  // namespace

TableReader::TableReader(const toml::table& table, std::string subject, std::string path, Faults& faults)
    : table_(&table), subject_(std::move(subject)), path_(std::move(path)), faults_(&faults) {}

const toml::node* TableReader::take(std::string_view key) {
    known_.emplace(key);
    return table_->get(key);
}

bool TableReader::has(std::string_view key) { return take(key) != nullptr; }

bool TableReader::require(std::string_view key) {
    if (has(key)) return true;
    fault(key, "is missing");
    return false;
}

std::optional<bool> TableReader::flag(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(key, *node, "true or false");
    return std::nullopt;
}

std::optional<std::int64_t> TableReader::number(std::string_view key, std::int64_t lowest, std::int64_t highest) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto* value = node->as_integer();
    if (value == nullptr) {
        wrong_type(key, *node, "a whole number");
        return std::nullopt;
    }
    if (value->get() >= lowest && value->get() <= highest) return value->get();
    fault(key, "must be from " + std::to_string(lowest) + " to " + std::to_string(highest) + ", not " + std::to_string(value->get()));
    return std::nullopt;
}

std::optional<std::string> TableReader::checked_text(const toml::node& node, std::string_view key, TextLimits limits) {
    const auto* value = node.as_string();
    if (value == nullptr) {
        wrong_type(key, node, "a text");
        return std::nullopt;
    }
    const std::string& text = value->get();
    if (wire::is_blank(text)) {
        fault_at(node, quoted(key) + " is empty");
        return std::nullopt;
    }
    switch (wire::judge_text(text, limits.longest)) {
        case wire::TextVerdict::plain: break;
        case wire::TextVerdict::too_long:
            fault_at(node, quoted(key) + " is longer than " + std::to_string(limits.longest) + " characters");
            return std::nullopt;
        case wire::TextVerdict::not_allowed:
            fault_at(node, quoted(key) + " holds control characters, or characters that change the direction of writing");
            return std::nullopt;
    }
    if (has_outer_space(text)) {
        fault_at(node, quoted(key) + " begins or ends with a space");
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> TableReader::text(std::string_view key, TextLimits limits) {
    const toml::node* node = take(key);
    return node == nullptr ? std::nullopt : checked_text(*node, key, limits);
}

std::optional<Seconds> TableReader::duration(std::string_view key, Seconds shortest, Seconds longest) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto* value = node->as_string();
    if (value == nullptr) {
        wrong_type(key, *node, "a duration such as \"30m\" or \"1h30m\"");
        return std::nullopt;
    }
    const auto length = parse_duration(value->get());
    if (!length) {
        fault(key, "is no duration: write it such as \"90s\", \"30m\" or \"1h30m\"");
        return std::nullopt;
    }
    if (*length >= shortest && *length <= longest) return length;
    fault(key, "must be from " + to_text(shortest) + " to " + to_text(longest) + ", not " + to_text(*length));
    return std::nullopt;
}

std::optional<std::size_t> TableReader::choice(std::string_view key, std::span<const std::string_view> words) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto* value = node->as_string();
    if (value == nullptr) {
        wrong_type(key, *node, "one of: " + list_of(words));
        return std::nullopt;
    }
    const auto found = std::find(words.begin(), words.end(), value->get());
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    fault(key, "must be one of: " + list_of(words) + did_you_mean(value->get(), words));
    return std::nullopt;
}

std::optional<std::vector<std::string>> TableReader::texts(std::string_view key, ListLimits list, TextLimits limits) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        wrong_type(key, *node, "a list of texts");
        return std::nullopt;
    }
    if (array->size() > list.most) {
        fault(key, "has more than " + std::to_string(list.most) + " entries");
        return std::nullopt;
    }
    if (array->empty() && !list.may_be_empty) {
        fault(key, "is empty");
        return std::nullopt;
    }
    std::vector<std::string> all;
    bool is_right = true;
    for (const toml::node& entry : *array) {
        auto one = checked_text(entry, key, limits);
        if (one && std::find(all.begin(), all.end(), *one) != all.end()) {
            fault_at(entry, quoted(key) + " names `" + log::escaped(*one) + "` twice");
            one.reset();
        }
        is_right = is_right && one;
        if (one) all.push_back(*std::move(one));
    }
    if (!is_right) return std::nullopt;
    return all;
}

std::optional<std::vector<GroupName>> TableReader::groups(std::string_view key, ListLimits list) {
    const auto names = texts(key, list, {longest_group_name});
    if (!names) return std::nullopt;
    return std::vector<GroupName>(names->begin(), names->end());
}

std::optional<TableReader> TableReader::table(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const toml::table* table = node->as_table()) return TableReader(*table, subject_, path_of(key), *faults_);
    wrong_type(key, *node, "a table: [" + path_of(key) + "]");
    return std::nullopt;
}

std::vector<TableReader> TableReader::tables(std::string_view key, std::size_t most) {
    const toml::node* node = take(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    const bool is_tables = array != nullptr && std::all_of(array->begin(), array->end(), [](const toml::node& one) { return one.is_table(); });
    if (!is_tables) {
        wrong_type(key, *node, "a list of tables: [[" + path_of(key) + "]]");
        return {};
    }
    if (array->size() > most) {
        fault(key, "is there more than " + std::to_string(most) + " times");
        return {};
    }
    std::vector<TableReader> readers;
    for (const toml::node& one : *array)
        readers.emplace_back(*one.as_table(), subject_, path_of(key) + "[" + std::to_string(readers.size() + 1) + "]", *faults_);
    return readers;
}

void TableReader::finish() {
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    for (auto&& [key, value] : *table_) {
        if (known_.contains(key.str())) continue;
        const toml::source_region& source = key.source();
        const Place place{source.path ? *source.path : place_of(value).file, static_cast<unsigned>(source.begin.line)};
        const std::string_view what = value.is_table() || value.is_array_of_tables() ? "unknown table " : "unknown key ";
        faults_->errors.push_back(to_prefix(place) + subject_ + std::string(what) + quoted(key.str().substr(0, 64)) + did_you_mean(key.str(), known));
    }
}

void TableReader::fault(std::string_view key, const std::string& what) {
    faults_->errors.push_back(to_prefix(place(key)) + subject_ + quoted(key) + " " + what);
}

void TableReader::warn(std::string_view key, const std::string& what) {
    faults_->warnings.push_back(to_prefix(place(key)) + subject_ + quoted(key) + " " + what);
}

void TableReader::fault_at(const toml::node& node, const std::string& what) {
    faults_->errors.push_back(to_prefix(place_of(node)) + subject_ + what);
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
    fault_at(node, quoted(key) + " must be " + std::string(wanted) + ", not " + std::string(kind_of(node)));
}

std::string TableReader::path_of(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + "." + std::string(key); }

std::string TableReader::quoted(std::string_view key) const { return "`" + log::escaped(path_of(key)) + "`"; }

Place TableReader::place(std::string_view key) const {
    const toml::node* node = table_->get(key);
    return place_of(node != nullptr ? *node : *table_);
}

}  // namespace stint::config
