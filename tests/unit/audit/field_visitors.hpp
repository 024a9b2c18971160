// Two visitors over a body's `fields`: one fills every member at random, one tells every member as text. With them a
// test covers each event type there is, and each that will be.
#pragma once

#include "audit/entry_writer.hpp"
#include "core/event.hpp"

#include <rapidcheck.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace stint::test {

/// Valid UTF-8 of up to 12 code points, the awkward ones among them.
inline std::string any_text() {
    const auto points = *rc::gen::resize(12, rc::gen::container<std::vector<unsigned>>(rc::gen::oneOf(
        rc::gen::inRange(0x00U, 0x80U), rc::gen::inRange(0x80U, 0x800U), rc::gen::inRange(0x800U, 0xD800U), rc::gen::inRange(0xE000U, 0x10000U),
        rc::gen::inRange(0x10000U, 0x110000U), rc::gen::element(0x22U, 0x5CU, 0x2FU, 0x0AU, 0x7FU, 0x2028U, 0x202EU, 0xFEFFU))));
    std::string text;
    const auto add = [&text](unsigned byte) { text += static_cast<char>(byte); };
    for (const unsigned point : points) {
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xC0U | (point >> 6U));
            add(0x80U | (point & 0x3FU));
        } else if (point < 0x10000) {
            add(0xE0U | (point >> 12U));
            add(0x80U | ((point >> 6U) & 0x3FU));
            add(0x80U | (point & 0x3FU));
        } else {
            add(0xF0U | (point >> 18U));
            add(0x80U | ((point >> 12U) & 0x3FU));
            add(0x80U | ((point >> 6U) & 0x3FU));
            add(0x80U | (point & 0x3FU));
        }
    }
    return text;
}

inline std::int64_t any_number() {
    return *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-3, 4), rc::gen::inRange<std::int64_t>(1, 2'000'000'000'000'000),
                           rc::gen::element(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
}

class RandomFields {
public:
    template <class T>
    void operator()(const std::string&, T& value) { fill(value); }
    void secret(const std::string&, std::string& text) {
        const auto bytes = *rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
        text = bytes;
    }
    void person(const std::string& prefix, PersonRef& person) {
        fill(person.id);
        secret(prefix, person.login.value);
        secret(prefix, person.name);
        secret(prefix, person.mail);
    }
    void deadline(Deadline& deadline) {
        fill(deadline.utc);
        fill(deadline.boot);
        fill(deadline.boot_id);
    }

    template <class T>
    static void fill(T& value) {
        if constexpr (std::is_same_v<T, bool>) value = *rc::gen::arbitrary<bool>();
        else if constexpr (std::is_same_v<T, int>) value = *rc::gen::arbitrary<int>();
        else if constexpr (std::is_integral_v<T>) value = any_number();
        else if constexpr (std::is_enum_v<T>) fill_enum(value);
        else if constexpr (audit::IsOptional<T>::value) fill_optional(value);
        else if constexpr (audit::IsId<T>::value) value.value = any_number();
        else if constexpr (audit::IsText<T>::value) value.value = any_text();
        else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) value = T{any_number()};
        else if constexpr (std::is_same_v<T, Utc>) value = Utc{std::chrono::microseconds{any_number()}};
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) value.resize(*rc::gen::inRange<std::size_t>(0, 4), any_text());
        else value = any_text();
    }

private:
    template <class T>
    static void fill_enum(T& value) {
        int count = 0;
        while (!to_text(static_cast<T>(count)).empty()) ++count;
        value = static_cast<T>(*rc::gen::inRange(0, count));
    }
    template <class T>
    static void fill_optional(T& value) {
        if (*rc::gen::arbitrary<bool>()) fill(value.emplace());
        else value.reset();
    }
};

class FieldTexts {
public:
    std::vector<std::pair<std::string, std::string>> all;
    std::vector<std::string> secrets;

    template <class T>
    void operator()(const std::string& name, const T& value) { all.emplace_back(name, tell(value)); }
    void secret(const std::string& name, const std::string& text) {
        all.emplace_back(name, text);
        secrets.push_back(text);
    }
    void person(const std::string& prefix, const PersonRef& person) {
        (*this)(prefix + "person", person.id);
        secret(prefix + "login", person.login.value);
        secret(prefix + "name", person.name);
        secret(prefix + "mail", person.mail);
    }
    void deadline(const Deadline& deadline) {
        (*this)("utc", deadline.utc);
        (*this)("boot", deadline.boot);
        (*this)("boot_id", deadline.boot_id);
    }

private:
    template <class T>
    static std::string tell(const T& value) {
        if constexpr (std::is_integral_v<T>) return std::to_string(value);
        else if constexpr (std::is_enum_v<T>) return std::string(to_text(value));
        else if constexpr (audit::IsOptional<T>::value) return value ? "some " + tell(*value) : "none";
        else if constexpr (audit::IsId<T>::value) return std::to_string(value.value);
        else if constexpr (audit::IsText<T>::value) return value.value;
        else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) return std::to_string(value.count());
        else if constexpr (std::is_same_v<T, Utc>) return std::to_string(value.time_since_epoch().count());
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            std::string text;
            for (const std::string& one : value) text += std::to_string(one.size()) + ':' + one;
            return text;
        } else return value;
    }
};

/// Every field of the body by name; the secrets once more by themselves.
inline FieldTexts texts_of(EventBody body) {
    FieldTexts texts;
    std::visit([&texts](auto& one) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) one.fields(texts);
    }, body);
    return texts;
}

template <std::size_t Index = 0>
EventBody body_of(std::size_t index) {
    if constexpr (Index + 1 < std::variant_size_v<EventBody>) {
        return index == Index ? EventBody(std::in_place_index<Index>) : body_of<Index + 1>(index);
    } else {
        return std::monostate{};
    }
}

}  // namespace stint::test
