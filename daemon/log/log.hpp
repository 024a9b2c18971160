// The broker's log: one line a message, a fixed event name and fields, to standard error (with syslog
// priorities when journald reads it). User text appears only as a field's value and is always escaped.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stint::log {

enum class Level { debug, info, warning, error, alarm };

/// A field's value; made from the few types that may be logged.
struct Field {
    Field(std::string_view key, std::string_view value);
    Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
    Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
    Field(std::string_view key, std::int64_t value);
    std::string key, value;  ///< value is escaped and, where needed, quoted
};

/// Sets where and from which level messages go; once, before any other thread runs.
void start(Level lowest);
/// Writes one line: `event key=value …`. Never throws.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {}) noexcept;

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) noexcept { write(Level::info, event, fields); }
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) noexcept { write(Level::warning, event, fields); }
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) noexcept { write(Level::error, event, fields); }
inline void alarm(std::string_view event, std::initializer_list<Field> fields = {}) noexcept { write(Level::alarm, event, fields); }

/// What is dangerous (log/characters.hpp) or no UTF-8 becomes \xNN, \uNNNN or \UNNNNNNNN; the backslash is doubled.
/// Safe for a terminal and for one line of a log.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace stint::log
