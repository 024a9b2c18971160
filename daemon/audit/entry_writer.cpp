// The writing half of the canonical form: an own writer, because the bytes are hashed, and a library's next
// version must not change one of them.
#include "audit/entry_writer.hpp"

#include <limits>

namespace stint::audit {
namespace {

void append_unit(std::string& out, unsigned unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> static_cast<unsigned>(shift)) & 0xFU];
}

/// One code point off the front of valid UTF-8 (RFC 3629); nothing when it is not.
std::optional<unsigned> take_code_point(std::string_view& text) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (length == 0 || text.size() < length) return std::nullopt;
    unsigned point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xC0U) != 0x80U) return std::nullopt;
        point = (point << 6U) | (byte(at) & 0x3FU);
    }
    const bool is_overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (is_overlong || (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) return std::nullopt;
    text.remove_prefix(length);
    return point;
}

void append_quoted(std::string& out, std::string_view name, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto point = take_code_point(text);
        if (!point) throw EntryFault("the field " + std::string(name) + " is not UTF-8, so it cannot stand in the log");
        if (*point == '"' || *point == '\\') {
            out += '\\';
            out += static_cast<char>(*point);
        } else if (*point >= 0x20 && *point < 0x7F) {
            out += static_cast<char>(*point);
        } else if (*point < 0x10000) {
            append_unit(out, *point);
        } else {
            append_unit(out, 0xD800U + ((*point - 0x10000U) >> 10U));
            append_unit(out, 0xDC00U + ((*point - 0x10000U) & 0x3FFU));
        }
    }
    out += '"';
}

template <class T>
bool is_empty(const T& value) {
    if constexpr (std::is_same_v<T, bool>) return !value;
    else if constexpr (std::is_integral_v<T>) return value == 0;
    else if constexpr (std::is_enum_v<T>) return false;
    else if constexpr (IsOptional<T>::value) return !value.has_value();
    else if constexpr (IsId<T>::value) return value.value == 0;
    else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) return value.count() == 0;
    else if constexpr (std::is_same_v<T, Utc>) return value.time_since_epoch().count() == 0;
    else return value.empty();
}

template <class T>
void append_value(std::string& out, std::string_view name, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_integral_v<T>) {
        out += std::to_string(value);
    } else if constexpr (std::is_enum_v<T>) {
        const std::string_view text = to_text(value);
        if (text.empty()) throw EntryFault("the field " + std::string(name) + " has a value that has no word");
        append_quoted(out, name, text);
    } else if constexpr (IsOptional<T>::value) {
        append_value(out, name, *value);
    } else if constexpr (IsId<T>::value) {
        append_value(out, name, value.value);
    } else if constexpr (IsText<T>::value) {
        append_quoted(out, name, value.value);
    } else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) {
        append_value(out, name, std::int64_t{value.count()});
    } else if constexpr (std::is_same_v<T, Utc>) {
        append_value(out, name, std::int64_t{value.time_since_epoch().count()});
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        out += '[';
        for (const std::string& one : value) {
            if (&one != &value.front()) out += ',';
            append_quoted(out, name, one);
        }
        out += ']';
    } else {
        append_quoted(out, name, value);
    }
}

/// The members of one JSON object, in the order in which they come.
class Members {
public:
    template <class T>
    void always(std::string_view name, const T& value) {
        add_name(name);
        append_value(text_, name, value);
    }
    template <class T>
    void unless_empty(std::string_view name, const T& value) {
        if (!is_empty(value)) always(name, value);
    }
    void object(std::string_view name, const Members& members) {
        if (members.text_.empty()) return;
        add_name(name);
        text_ += members.braced();
    }
    [[nodiscard]] std::string braced() const { return '{' + text_ + '}'; }

private:
    void add_name(std::string_view name) {
        if (!text_.empty()) text_ += ',';
        text_ += '"';
        text_ += name;
        text_ += "\":";
    }
    std::string text_;
};

/// The visitor of a body's `fields`.
class BodyWriter {
public:
    explicit BodyWriter(const Commit& commit) : commit_(commit) {}

    template <class T>
    void operator()(std::string_view name, T& value) { details.unless_empty(name, value); }
    void secret(const std::string& name, const std::string& plaintext) {
        if (const auto text = commit_(name, plaintext)) commitments.always(name, *text);
    }
    void person(const std::string& prefix, PersonRef& person) {
        details.unless_empty(prefix + "person", person.id);
        secret(prefix + "login", person.login.value);
        secret(prefix + "name", person.name);
        secret(prefix + "mail", person.mail);
    }
    void deadline(Deadline& deadline) {
        details.unless_empty("not_after_us", deadline.utc);
        details.unless_empty("not_after_boot_us", deadline.boot);
        details.unless_empty("not_after_boot_id", deadline.boot_id);
    }
    Members details, commitments;

private:
    const Commit& commit_;
};

std::int64_t nanoseconds(BootTime boot) {
    if (boot.count() < 0 || boot.count() > std::numeric_limits<std::int64_t>::max() / 1000) {
        throw EntryFault("the boot clock's reading does not fit into nanoseconds");
    }
    return boot.count() * 1000;
}

}  // namespace

std::string result_of(const EventBody& body) {
    if (const auto* refused = std::get_if<AskRefused>(&body)) return refused->code;
    if (const auto* refused = std::get_if<RequestRefused>(&body)) return refused->code;
    return "ok";
}

std::string write_entry(const Event& event, EventSeq seq, const Now& now, const Commit& commit) {
    BodyWriter writer(commit);
    EventBody body = event.body;  // `fields` serves readers too, so it wants something it may write to
    std::visit([&writer](auto& one) {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) throw EntryFault("an event without a body");
        else one.fields(writer);
    }, body);
    const EventHeader& header = event.header;
    Members actor;
    actor.always("kind", std::string(header.actor.kind == ActorKind::person ? actor_person : actor_broker));
    actor.unless_empty("id", header.actor.id);
    actor.unless_empty("auth", header.actor.auth);
    actor.unless_empty("origin", header.actor.origin);
    actor.unless_empty("acted", header.actor.is_acted);
    Members line;
    line.always("v", 1);
    line.always("seq", seq);
    line.always("ts", now.utc);
    line.unless_empty("boot_id", now.boot_id);
    line.unless_empty("mono_ns", nanoseconds(now.boot));
    line.always("type", std::string(type_of(event)));
    line.unless_empty("request", header.request);
    line.unless_empty("grant", header.grant);
    line.unless_empty("ticket", header.ticket);
    line.object("actor", actor);
    line.unless_empty("subject", header.subject);
    line.unless_empty("entitlement", header.entitlement);
    line.unless_empty("policy_sha256", header.policy);
    line.always("result", result_of(event.body));
    line.object("c", writer.commitments);
    line.object("d", writer.details);
    return line.braced();
}

Entry encode(const Event& event, EventSeq seq, const Now& now, const SaltSource& salts) {
    if (seq.value < 0) throw EntryFault("an event's number is negative");
    Entry entry;
    entry.bytes = write_entry(event, seq, now, [&](const std::string& field, const std::string& plaintext) -> std::optional<std::string> {
        if (plaintext.empty()) return std::nullopt;
        Disclosure disclosure{field, {}, plaintext};
        salts(disclosure.salt);
        entry.disclosures.push_back(std::move(disclosure));
        return commitment(entry.disclosures.back().salt, field, plaintext);
    });
    if (entry.bytes.size() > longest_entry) {
        throw EntryFault("the event " + std::string(type_of(event)) + " takes " + std::to_string(entry.bytes.size()) +
                         " bytes, more than the 8192 an entry may have");
    }
    return entry;
}

}  // namespace stint::audit
