// The reading half: bytes that may come from anybody (an export, a hand-edited database) back to an event.
// Bounded by the entry's size and depth; what it understood it writes once more and compares, byte for byte.
#include "audit/entry_writer.hpp"
#include "core/texts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace stint::audit {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string_view name, const char* what) {
    throw EntryFault("the entry's field " + std::string(name) + ' ' + what);
}

std::int64_t integer(std::string_view name, const json::value& value) {
    if (!value.is_int64()) refuse(name, "is not an integer of 64 bits");
    return value.get_int64();
}

std::string text(std::string_view name, const json::value& value) {
    if (!value.is_string()) refuse(name, "is not a text");
    const json::string& string = value.get_string();
    return {string.data(), string.size()};
}

template <class T>
T read(std::string_view name, const json::value& value) {
    if constexpr (std::is_same_v<T, bool>) {
        if (!value.is_bool()) refuse(name, "is not true");
        return value.get_bool();
    } else if constexpr (std::is_integral_v<T>) {
        const std::int64_t number = integer(name, value);
        if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max()) refuse(name, "is out of range");
        return static_cast<T>(number);
    } else if constexpr (std::is_enum_v<T>) {
        const auto known = from_text<T>(text(name, value));
        if (!known) refuse(name, "has a word that is not known");
        return *known;
    } else if constexpr (IsOptional<T>::value) {
        return read<typename T::value_type>(name, value);
    } else if constexpr (IsId<T>::value) {
        return T{integer(name, value)};
    } else if constexpr (IsText<T>::value) {
        return T{text(name, value)};
    } else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) {
        return T{integer(name, value)};
    } else if constexpr (std::is_same_v<T, Utc>) {
        return Utc{std::chrono::microseconds{integer(name, value)}};
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        if (!value.is_array()) refuse(name, "is not a list");
        T list;
        for (const json::value& one : value.get_array()) list.push_back(text(name, one));
        return list;
    } else {
        return text(name, value);
    }
}

/// The members of an object that are still to be read. What is left over at the end is not known.
class Fields {
public:
    Fields(std::string name, const json::value* value) : name_(std::move(name)) {
        if (value == nullptr) return;
        if (!value->is_object()) refuse(name_, "is not an object");
        for (const auto& member : value->get_object()) left_.emplace(std::string(member.key()), &member.value());
    }

    const json::value* take(const std::string& name) {
        const auto found = left_.find(name);
        if (found == left_.end()) return nullptr;
        return left_.extract(found).mapped();
    }
    template <class T>
    T value(const std::string& name) {
        const json::value* const found = take(name);
        return found == nullptr ? T{} : read<T>(name, *found);
    }
    template <class T>
    T required(const std::string& name) {
        const json::value* const found = take(name);
        if (found == nullptr) refuse(name, "is missing");
        return read<T>(name, *found);
    }
    void must_be_done() const {
        if (!left_.empty()) throw EntryFault("the entry has a field under " + name_ + " that is not known");
    }

private:
    std::string name_;
    std::map<std::string, const json::value*> left_;
};

/// The commitments of an entry and what opens them.
class Secrets {
public:
    Secrets(const json::value* value, std::span<const Disclosure> disclosures) : fields_("c", value) {
        for (const Disclosure& disclosure : disclosures) {
            if (!disclosures_.emplace(disclosure.field, &disclosure).second) refuse(disclosure.field, "is disclosed twice");
        }
    }

    std::string open(const std::string& field) {
        const json::value* const found = fields_.take(field);
        if (found == nullptr) return {};
        std::string committed = text(field, *found);
        if (!is_commitment(committed)) refuse(field, "is not a commitment");
        const auto disclosure = disclosures_.find(field);
        std::string plaintext;
        if (disclosure == disclosures_.end()) {
            undisclosed.push_back(field);
        } else {
            plaintext = disclosure->second->plaintext;
            if (plaintext.empty()) refuse(field, "is disclosed as nothing");
            if (commitment(disclosure->second->salt, field, plaintext) != committed) refuse(field, "does not fit what is disclosed of it");
            disclosures_.erase(disclosure);
        }
        committed_.emplace(field, std::move(committed));
        return plaintext;
    }
    void must_be_done() const {
        fields_.must_be_done();
        if (!disclosures_.empty()) refuse(disclosures_.begin()->first, "is disclosed, but the entry does not commit to it");
    }
    [[nodiscard]] std::optional<std::string> committed(const std::string& field) const {
        const auto found = committed_.find(field);
        return found == committed_.end() ? std::nullopt : std::optional(found->second);
    }
    std::vector<std::string> undisclosed;

private:
    Fields fields_;
    std::map<std::string, const Disclosure*> disclosures_;
    std::map<std::string, std::string> committed_;
};

/// The visitor of a body's `fields`.
class BodyReader {
public:
    BodyReader(Fields& details, Secrets& secrets) : details_(details), secrets_(secrets) {}

    template <class T>
    void operator()(const std::string& name, T& value) {
        // A word always stands there; anything else may have been left out.
        if constexpr (std::is_enum_v<T>) value = details_.required<T>(name);
        else value = details_.value<T>(name);
    }
    void secret(const std::string& name, std::string& plaintext) { plaintext = secrets_.open(name); }
    void person(const std::string& prefix, PersonRef& person) {
        person.id = details_.value<PersonId>(prefix + "person");
        secret(prefix + "login", person.login.value);
        secret(prefix + "name", person.name);
        secret(prefix + "mail", person.mail);
    }
    void deadline(Deadline& deadline) {
        deadline.utc = details_.value<Utc>("not_after_us");
        deadline.boot = details_.value<BootTime>("not_after_boot_us");
        deadline.boot_id = details_.value<std::string>("not_after_boot_id");
    }

private:
    Fields& details_;
    Secrets& secrets_;
};

template <std::size_t... Index>
EventBody body_at(std::size_t index, std::index_sequence<Index...>) {
    EventBody body = std::monostate{};
    ((Index == index ? static_cast<void>(body.emplace<Index>()) : void()), ...);
    return body;
}

EventBody empty_body(const std::string& type) {
    const auto found = std::find(event_types.begin(), event_types.end(), type);
    if (found == event_types.end()) throw EntryFault("the entry's type is not one of the closed list");
    const auto index = static_cast<std::size_t>(found - event_types.begin());
    return body_at(index, std::make_index_sequence<event_types.size()>{});
}

Actor read_actor(const json::value* value) {
    Fields fields("actor", value);
    const auto kind = fields.required<std::string>("kind");
    if (kind != actor_person && kind != actor_broker) refuse("actor", "is of a kind that is not known");
    Actor actor;
    actor.kind = kind == actor_person ? ActorKind::person : ActorKind::broker;
    actor.id = fields.value<PersonId>("id");
    actor.auth = fields.value<std::string>("auth");
    actor.origin = fields.value<std::string>("origin");
    actor.is_acted = fields.value<bool>("acted");
    fields.must_be_done();
    return actor;
}

json::value parse_line(std::string_view bytes) {
    if (bytes.size() > longest_entry) throw EntryFault("the entry is longer than 8192 bytes");
    json::parse_options options;
    options.max_depth = 3;
    boost::system::error_code error;
    json::value line = json::parse(bytes, error, {}, options);
    if (error) throw EntryFault("the entry is not JSON: " + error.message());
    return line;
}

}  // namespace

Decoded decode(std::string_view bytes, std::span<const Disclosure> disclosures) {
    const json::value parsed = parse_line(bytes);
    Fields line("the entry", &parsed);
    if (line.required<std::int64_t>("v") != 1) throw EntryFault("the entry is of a version this program does not know");
    Decoded decoded;
    decoded.seq = line.required<EventSeq>("seq");
    if (decoded.seq.value < 0) refuse("seq", "is negative");
    decoded.now.utc = line.required<Utc>("ts");
    decoded.now.boot_id = line.value<std::string>("boot_id");
    decoded.now.boot = BootTime{line.value<std::int64_t>("mono_ns") / 1000};
    decoded.event.body = empty_body(line.required<std::string>("type"));
    EventHeader& header = decoded.event.header;
    header.request = line.value<RequestId>("request");
    header.grant = line.value<RequestId>("grant");
    header.ticket = line.value<TicketId>("ticket");
    header.actor = read_actor(line.take("actor"));
    header.subject = line.value<PersonId>("subject");
    header.entitlement = line.value<EntitlementName>("entitlement");
    header.policy = line.value<PolicyHash>("policy_sha256");
    const auto result = line.required<std::string>("result");
    Secrets secrets(line.take("c"), disclosures);
    Fields details("d", line.take("d"));
    line.must_be_done();

    BodyReader reader(details, secrets);
    std::visit([&reader](auto& one) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) one.fields(reader);
    }, decoded.event.body);
    details.must_be_done();
    secrets.must_be_done();
    if (result != result_of(decoded.event.body)) refuse("result", "does not fit the type");
    const std::string again = write_entry(decoded.event, decoded.seq, decoded.now,
                                          [&secrets](const std::string& field, const std::string&) { return secrets.committed(field); });
    if (again != bytes) throw EntryFault("the entry is not written in the canonical form");
    decoded.undisclosed = std::move(secrets.undisclosed);
    return decoded;
}

}  // namespace stint::audit
