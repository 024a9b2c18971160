// The visitors of a record's columns: one binds their values, one reads them, one lists their names, one tells them
// as text for a comparison.
#pragma once

#include "core/texts.hpp"
#include "store/db.hpp"
#include "store/lists.hpp"
#include "store/store.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace stint {

using PersonColumns = std::array<const char*, 4>;

/// Binds every column's value, in order.
class ColumnWriter {
public:
    explicit ColumnWriter(Query& query) : query_(query) {}
    template <class T> void key(const char* name, const T& value) { (*this)(name, value); }
    template <class T> void fixed(const char* name, const T& value) { (*this)(name, value); }
    template <class T>
    void operator()(const char*, const T& value) {
        if constexpr (std::is_enum_v<T>) query_.bind(to_text(value));
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) query_.bind(list_to_json(value));
        else query_.add(value);
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) (*this)(name, *value);
        else query_.bind_null();
    }
    void person(const PersonColumns& names, const std::optional<PersonRef>& person) {
        const auto field = [&](const char* name, const auto& value) { person ? (*this)(name, value) : static_cast<void>(query_.bind_null()); };
        const PersonRef known = person.value_or(PersonRef{});
        field(names[0], known.id);
        field(names[1], known.login);
        field(names[2], known.name);
        field(names[3], known.mail);
    }

private:
    Query& query_;
};

/// Reads every column's value, in order.
class ColumnReader {
public:
    explicit ColumnReader(Query& query) : query_(query) {}
    template <class T> void key(const char* name, T& value) { (*this)(name, value); }
    template <class T> void fixed(const char* name, T& value) { (*this)(name, value); }
    template <class T>
    void operator()(const char* name, T& value) {
        if constexpr (std::is_enum_v<T>) value = word<T>(name);
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) value = list_from_json(query_.text());
        else value = query_.get<T>();
    }
    template <class T>
    void operator()(const char* name, std::optional<T>& value) {
        if (query_.is_null()) {
            query_.skip();
            value.reset();
        } else {
            (*this)(name, value.emplace());
        }
    }
    void person(const PersonColumns&, std::optional<PersonRef>& person) {
        const bool is_there = !query_.is_null();
        PersonRef read{query_.get<PersonId>(), query_.get<Login>(), query_.get<std::string>(), query_.get<std::string>()};
        person = is_there ? std::optional(std::move(read)) : std::nullopt;
    }

private:
    template <class Enum>
    Enum word(const char* name) {
        const auto known = from_text<Enum>(query_.text());
        if (!known) throw StoreFault(std::string("the database holds a word that is not known in ") + name, false);
        return *known;
    }
    Query& query_;
};

/// The columns' names, and which of them may change.
struct ColumnNames {
    std::vector<const char*> all, changing;
    template <class T> void key(const char* name, const T&) { all.push_back(name); }
    template <class T> void fixed(const char* name, const T&) { all.push_back(name); }
    template <class T>
    void operator()(const char* name, const T&) {
        all.push_back(name);
        changing.push_back(name);
    }
    void person(const PersonColumns& names, const std::optional<PersonRef>& one) {
        for (const char* name : names) (*this)(name, one);
    }
};

/// The values as text, for people to compare.
struct ColumnTexts {
    std::vector<std::pair<std::string, std::string>> all;
    template <class T> void key(const char* name, const T& value) { (*this)(name, value); }
    template <class T> void fixed(const char* name, const T& value) { (*this)(name, value); }
    template <class T>
    void operator()(const char* name, const T& value) {
        if constexpr (std::is_enum_v<T>) all.emplace_back(name, to_text(value));
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) all.emplace_back(name, list_to_json(value));
        else if constexpr (is_id<T>) all.emplace_back(name, std::to_string(value.value));
        else if constexpr (is_text_id<T>) all.emplace_back(name, value.value);
        else if constexpr (std::is_same_v<T, Utc>) all.emplace_back(name, to_rfc3339(value));
        else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) all.emplace_back(name, std::to_string(value.count()));
        else if constexpr (std::is_integral_v<T>) all.emplace_back(name, std::to_string(value));
        else all.emplace_back(name, value);
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) (*this)(name, *value);
        else all.emplace_back(name, "nothing");
    }
    void person(const PersonColumns& names, const std::optional<PersonRef>& person) {
        (*this)(names[0], person ? std::optional(person->id) : std::nullopt);
        (*this)(names[1], person ? std::optional(person->login) : std::nullopt);
        (*this)(names[2], person ? std::optional(person->name) : std::nullopt);
        (*this)(names[3], person ? std::optional(person->mail) : std::nullopt);
    }
};

}  // namespace stint
