// Finding events. The question is put together from a fixed set of conditions, one of which leads: the most
// selective by nature. A `+` before a column keeps SQLite from choosing another index for it.
#include "store/impl.hpp"
#include "store/table.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace stint {
namespace {

StoredEvent read_event(Db& db, Query& row) {
    StoredEvent event;
    event.seq = row.get<EventSeq>();
    event.at = row.get<Utc>();
    event.entry = row.text();
    Query disclosed = db.query("SELECT field, plaintext FROM disclosures WHERE seq = ?", event.seq);
    while (disclosed.step()) {
        std::string field = disclosed.text();
        event.disclosed.emplace_back(std::move(field), disclosed.text());
    }
    return event;
}

/// The conditions of one search; a column that does not lead is hidden from the planner.
class Conditions {
public:
    enum class Lead { request, ticket, person, entitlement, type, time, none };

    Conditions(const SearchEvents& search, const std::optional<PersonId>& person) : search_(search), person_(person) {
        lead_ = search.request          ? Lead::request
                : !search.ticket.empty() ? Lead::ticket
                : person                 ? Lead::person
                : !search.entitlement.empty() ? Lead::entitlement
                : !search.type.empty()        ? Lead::type
                : search.since || search.until ? Lead::time
                                               : Lead::none;
    }

    /// Two halves where the lead is either of two columns, each with an index of its own.
    [[nodiscard]] std::string sql() const {
        const std::string rest = this->rest();
        // The clock may have been set back, so times are no order of the numbers: the whole window is sorted by number.
        const std::string table = lead_ == Lead::time ? "events INDEXED BY events_by_time" : "events";
        const auto half = [&rest, &table](const std::string& lead) {
            return "SELECT * FROM (SELECT seq FROM " + table + " WHERE " + lead + rest + " ORDER BY seq DESC LIMIT ?1)";
        };
        const std::string end = " ORDER BY seq DESC LIMIT ?1";
        switch (lead_) {
        case Lead::request:
            return half("request_id = ?3") + " UNION ALL " + half("grant_id = ?3 AND grant_id IS NOT NULL AND grant_id IS NOT request_id") + end;
        case Lead::person:
            return half("subject = ?9 AND subject IS NOT NULL") + " UNION ALL " +
                   half("actor = ?9 AND actor IS NOT NULL AND actor IS NOT subject") + end;
        case Lead::ticket: return half("ticket = ?6");
        case Lead::entitlement: return half("entitlement = ?7");
        case Lead::type: return half("type = ?8");
        case Lead::time:
        case Lead::none: return half("TRUE");
        }
        return {};
    }

    void bind(Query& query) const {
        // ?1 to ?10, as far as the statement at hand goes.
        const auto offer = [&query](const auto& value) {
            if (query.has_unbound()) query.add(value);
        };
        offer(std::clamp(search_.limit, 1, 1000));
        offer(search_.before.value_or(EventSeq{std::numeric_limits<std::int64_t>::max()}));
        offer(search_.request);
        offer(search_.since);
        offer(search_.until);
        offer(search_.ticket);
        offer(search_.entitlement);
        offer(search_.type);
        offer(person_);
        offer(search_.origin);
    }

private:
    [[nodiscard]] std::string rest() const {
        std::string text = " AND seq < ?2";
        const auto add = [&text](bool is_asked, const std::string& condition) {
            if (is_asked) text += " AND " + condition;
        };
        // Time may narrow the indexes that carry it; elsewhere it is looked at row by row.
        const bool has_time_index = lead_ == Lead::entitlement || lead_ == Lead::type || lead_ == Lead::time;
        const std::string time = has_time_index ? "ts_us" : "+ts_us";
        add(search_.since.has_value(), time + " >= ?4");
        add(search_.until.has_value(), time + " < ?5");
        add(search_.request && lead_ != Lead::request, "(+request_id = ?3 OR +grant_id = ?3)");
        add(!search_.ticket.empty() && lead_ != Lead::ticket, "+ticket = ?6");
        add(person_ && lead_ != Lead::person, "(+subject = ?9 OR +actor = ?9)");
        // Neither is selective, both have an index: the sets of numbers are met without reading a row.
        add(!search_.type.empty() && lead_ == Lead::entitlement, "seq IN (SELECT seq FROM events WHERE type = ?8)");
        add(!search_.entitlement.empty() && lead_ != Lead::entitlement, "+entitlement = ?7");
        add(!search_.type.empty() && lead_ != Lead::type && lead_ != Lead::entitlement, "+type = ?8");
        add(!search_.origin.empty(), "+origin = ?10");
        return text;
    }

    const SearchEvents& search_;
    const std::optional<PersonId>& person_;
    Lead lead_ = Lead::none;
};

}  // namespace

std::vector<StoredEvent> Store::search(const SearchEvents& search, const std::optional<PersonId>& person) const {
    const Conditions conditions(search, person);
    std::vector<StoredEvent> found;
    Query numbers = impl_->db.once(conditions.sql());
    conditions.bind(numbers);
    while (numbers.step()) {
        if (auto one = event(numbers.get<EventSeq>())) found.push_back(std::move(*one));
    }
    return found;
}

std::optional<StoredEvent> Store::event(EventSeq seq) const {
    Query row = impl_->db.query("SELECT seq, ts_us, entry FROM events WHERE seq = ?", seq);
    if (!row.step()) return std::nullopt;
    return read_event(impl_->db, row);
}

}  // namespace stint
