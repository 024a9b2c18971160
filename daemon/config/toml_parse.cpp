// From text to tables, and drop-ins over the main file; where a value stands. See toml_reader.hpp.
#include "config/toml_reader.hpp"
#include "log/log.hpp"
#include "wire/toml_bounds.hpp"

namespace stint::config {

std::optional<toml::table> parse_toml(const SourceText& source, Faults& faults) {
    if (const auto excess = wire::find_excess(source.text)) {
        faults.errors.push_back(to_prefix({source.name, excess->line}) + excess->what);
        return std::nullopt;
    }
    try {
        return toml::parse(std::string_view(source.text), std::string_view(source.name));
    } catch (const toml::parse_error& error) {
        const Place place{source.name, static_cast<unsigned>(error.source().begin.line)};
        faults.errors.push_back(to_prefix(place) + "is not TOML: " + log::escaped(error.description()));
        return std::nullopt;
    }
}

void merge_into(toml::table& base, toml::table&& overlay) {
    for (auto&& [key, value] : overlay) {
        toml::node* const present = base.get(key.str());
        if (present != nullptr && present->is_table() && value.is_table()) {
            merge_into(*present->as_table(), std::move(*value.as_table()));
            continue;
        }
        // Erased first, so that the key's own place is the later file's too.
        base.erase(key.str());
        value.visit([&base, &name = key](auto& concrete) { base.insert_or_assign(name, std::move(concrete)); });
    }
}

Place place_of(const toml::node& node) {
    const toml::source_region& source = node.source();
    return {source.path ? *source.path : std::string(), static_cast<unsigned>(source.begin.line)};
}

std::string to_prefix(const Place& place) {
    if (place.file.empty()) return {};
    const std::string line = place.line == 0 ? std::string() : ":" + std::to_string(place.line);
    return log::escaped(place.file) + line + ": ";
}

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::none: return "nothing";
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "a list";
        case toml::node_type::string: return "a text";
        case toml::node_type::integer: return "a number";
        case toml::node_type::floating_point: return "a number with a point";
        case toml::node_type::boolean: return "true or false";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date and time";
    }
    return "something else";
}

}  // namespace stint::config
