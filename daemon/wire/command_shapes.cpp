// The commands in JSON, described once for both directions. Reading is strict, and what it refuses it names
// by the broker's own word for the field, never by what was sent. Rules are not judged here.
#include "core/entitlement.hpp"
#include "wire/plain_text.hpp"
#include "wire/shapes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace stint::wire {
namespace {

namespace json = boost::json;

enum class Need { optional, required, reason };

constexpr std::size_t text_limit = 200;    // reasons, comments: what is longer belongs in the ticket
constexpr std::size_t name_limit = 64;     // entitlements, tickets, methods, incidents
constexpr std::size_t methods_limit = 8;

/// A help desk's number: [A-Za-z0-9][A-Za-z0-9._#/-]{0,63}
bool is_reference(std::string_view text) {
    const auto is_plain = [](char one) { return (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9'); };
    constexpr std::string_view others = "._#/-";
    if (text.empty() || text.size() > name_limit || !is_plain(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [&](char one) { return is_plain(one) || others.find(one) != std::string_view::npos; });
}

/// Reads one field after the other and keeps the first refusal; `finish` finds the fields nobody asked for.
class CommandReader {
public:
    explicit CommandReader(const json::object& from) : from_(from) {}

    void text(std::string_view name, std::string& to, Need need, std::size_t limit = text_limit) {
        const json::value* found = find(name);
        if (found != nullptr) read_text(name, *found, to, limit);
        if (need != Need::optional && is_blank(to)) {
            refuse(need == Need::reason ? RefusalCode::reason_required : RefusalCode::malformed_request, name, "is missing");
        }
    }

    /// These go into the log and into mail in the clear, so no free text may pass for one.
    void name(std::string_view name, EntitlementName& to, Need need) {
        text(name, to.value, need, name_limit);
        if (!to.empty() && !is_task_name(to.value)) refuse(RefusalCode::entitlement_unknown, name, "is no entitlement's name");
    }

    void reference(std::string_view name, std::string& to) {
        text(name, to, Need::optional, name_limit);
        if (!to.empty() && !is_reference(to)) {
            refuse(RefusalCode::reference_not_valid, name, "begins with a letter or a digit and goes on with those and . _ # / -");
        }
    }

    void names(std::string_view name, std::vector<std::string>& to) {
        const json::value* found = find(name);
        if (found == nullptr) return;
        if (!found->is_array()) return refuse(RefusalCode::malformed_request, name, "is no list of texts");
        if (found->get_array().size() > methods_limit) return refuse(RefusalCode::malformed_request, name, "has more than 8 entries");
        for (const json::value& one : found->get_array()) read_text(name, one, to.emplace_back(), name_limit);
    }

    void duration(std::string_view name, std::optional<Seconds>& to) {
        const json::value* found = find(name);
        if (found == nullptr) return;
        if (!found->is_string()) return refuse(RefusalCode::malformed_request, name, "is no text such as \"30m\"");
        to = parse_duration(std::string_view(found->get_string()));
        if (!to) refuse(RefusalCode::duration_not_valid, name, "is not valid");
    }

    void duration(std::string_view name, Seconds& to) {
        std::optional<Seconds> read;
        duration(name, read);
        if (!read) return refuse(RefusalCode::duration_not_valid, name, "is missing");
        to = *read;
    }

    void time(std::string_view name, std::optional<Utc>& to) {
        const json::value* found = find(name);
        if (found == nullptr) return;
        if (found->is_string()) to = parse_rfc3339(std::string_view(found->get_string()));
        if (!to) refuse(RefusalCode::malformed_request, name, "is no RFC 3339 time");
    }

    void flag(std::string_view name, bool& to) {
        const json::value* found = find(name);
        if (found == nullptr) return;
        if (!found->is_bool()) return refuse(RefusalCode::malformed_request, name, "is neither true nor false");
        to = found->get_bool();
    }

    /// A name typed twice, so that nobody breaks glass by a slip.
    void confirmation(std::string_view name, const std::string& expected) {
        std::string typed;
        text(name, typed, Need::required, name_limit);
        if (typed != expected) refuse(RefusalCode::malformed_request, name, "must repeat the entitlement's name");
    }

    void verdict(std::string_view name, bool& is_justified) {
        std::string word;
        text(name, word, Need::required, name_limit);
        if (word != "justified" && word != "unjustified") refuse(RefusalCode::malformed_request, name, "is neither justified nor unjustified");
        is_justified = word == "justified";
    }

    template <class Command>
    Result<Command> finish(Command command) {
        if (found_ != from_.size()) return Refusal{RefusalCode::unknown_field, "The fields known here:" + known_ + "."};
        if (refusal_) return std::move(*refusal_);
        return command;
    }

private:
    const json::value* find(std::string_view name) {
        known_.append(known_.empty() ? " " : ", ").append(name);
        const json::value* found = from_.if_contains(name);
        if (found != nullptr) ++found_;
        return found;
    }

    void refuse(RefusalCode code, std::string_view name, std::string_view what) {
        if (!refusal_) refusal_ = Refusal{code, "`" + std::string(name) + "` " + std::string(what) + "."};
    }

    void read_text(std::string_view name, const json::value& value, std::string& to, std::size_t limit) {
        if (!value.is_string()) return refuse(RefusalCode::malformed_request, name, "is no text");
        to.assign(value.get_string().data(), value.get_string().size());
        switch (judge_text(to, limit)) {
        case TextVerdict::plain: return;
        case TextVerdict::too_long: return refuse(RefusalCode::text_too_long, name, "is longer than " + std::to_string(limit) + " characters");
        case TextVerdict::not_allowed: return refuse(RefusalCode::text_not_allowed, name, "is not plain text");
        }
    }

    const json::object& from_;
    std::size_t found_ = 0;
    std::string known_;
    std::optional<Refusal> refusal_;
};

/// Leaves out what the reader would assume anyway.
class CommandWriter {
public:
    void text(std::string_view name, const std::string& from, Need, std::size_t = text_limit) {
        if (!from.empty()) object_[name] = from;
    }
    void name(std::string_view name, const EntitlementName& from, Need need) { text(name, from.value, need); }
    void reference(std::string_view name, const std::string& from) { text(name, from, Need::optional); }
    void names(std::string_view name, const std::vector<std::string>& from) {
        if (!from.empty()) object_[name] = json::array(from.begin(), from.end());
    }
    void duration(std::string_view name, std::optional<Seconds> from) {
        if (from) object_[name] = to_text(*from);
    }
    void time(std::string_view name, std::optional<Utc> from) {
        if (from) object_[name] = to_rfc3339(*from);
    }
    void flag(std::string_view name, bool from) {
        if (from) object_[name] = true;
    }
    void confirmation(std::string_view name, const std::string& expected) { object_[name] = expected; }
    void verdict(std::string_view name, bool is_justified) { object_[name] = is_justified ? "justified" : "unjustified"; }

    json::object take() { return std::move(object_); }

private:
    json::object object_;
};

// --- the fields; `Command` is const when it is written ----------------------------------------------------------
template <class Command, class Plain>
concept Is = std::same_as<std::remove_const_t<Command>, Plain>;

template <Is<FileRequest> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.name("entitlement", c.entitlement, Need::required);
    shape.reference("ticket", c.ticket.value);
    shape.text("reason", c.reason, Need::reason);
    shape.text("impact", c.impact, Need::optional);
    shape.text("action", c.action, Need::optional);
    shape.text("affected", c.affected, Need::optional);
    shape.names("verified", c.verified);
    shape.duration("duration", c.duration);
    shape.time("start_at", c.start_at);
    shape.flag("attached", c.is_attached);
    shape.flag("dry_run", c.is_dry_run);
}

template <Is<BreakGlass> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.name("entitlement", c.entitlement, Need::required);
    shape.confirmation("confirm", c.entitlement.value);
    shape.reference("ticket", c.ticket.value);
    shape.text("reason", c.reason, Need::reason);
    shape.duration("duration", c.duration);
    shape.flag("attached", c.is_attached);
}

template <Is<Approve> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.text("comment", c.comment, Need::optional);
    shape.duration("duration", c.shortened_to);
}

template <Is<Deny> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.text("comment", c.comment, Need::reason);
}

template <Is<Extend> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.duration("duration", c.duration);
    shape.text("reason", c.reason, Need::reason);
}

template <Is<Release> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.text("resolution", c.resolution, Need::optional);
}

template <Is<Revoke> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.text("reason", c.reason, Need::reason);
}

template <Is<GiveVerdict> Command, class Shape>
void each_field(Command& c, Shape& shape) {
    shape.verdict("verdict", c.is_justified);
    shape.text("comment", c.comment, Need::reason);
    shape.reference("incident", c.incident);
}

template <class Command>
Result<Command> read(const json::object& from) {
    Command command;
    CommandReader reader(from);
    each_field(command, reader);
    return reader.finish(std::move(command));
}

template <class Command>
json::object write(const Command& command) {
    CommandWriter writer;
    each_field(command, writer);
    return writer.take();
}

}  // namespace

Result<FileRequest> file_request_from(const json::object& object) { return read<FileRequest>(object); }
Result<BreakGlass> break_glass_from(const json::object& object) { return read<BreakGlass>(object); }
Result<Approve> approve_from(const json::object& object) { return read<Approve>(object); }
Result<Deny> deny_from(const json::object& object) { return read<Deny>(object); }
Result<Extend> extend_from(const json::object& object) { return read<Extend>(object); }
Result<Release> release_from(const json::object& object) { return read<Release>(object); }
Result<Revoke> revoke_from(const json::object& object) { return read<Revoke>(object); }
Result<GiveVerdict> verdict_from(const json::object& object) { return read<GiveVerdict>(object); }

Result<Nothing> nothing_from(const json::object& object) { return CommandReader(object).finish(Nothing{}); }

json::object to_json(const FileRequest& command) { return write(command); }
json::object to_json(const BreakGlass& command) { return write(command); }
json::object to_json(const Approve& command) { return write(command); }
json::object to_json(const Deny& command) { return write(command); }
json::object to_json(const Extend& command) { return write(command); }
json::object to_json(const Release& command) { return write(command); }
json::object to_json(const Revoke& command) { return write(command); }
json::object to_json(const GiveVerdict& command) { return write(command); }

}  // namespace stint::wire
