// Records against log: every event is decoded, its commitments are opened, and its effect replayed in memory; then
// each table is held against the outcome, both ways. Reads through a connection of its own, in one snapshot.
#include "audit/entry.hpp"
#include "core/apply.hpp"
#include "core/memory_ledger.hpp"
#include "store/db.hpp"
#include "store/schema.hpp"
#include "store/table.hpp"

#include <algorithm>

namespace stint {
namespace {

constexpr std::size_t most_differences = 1'000;

/// The lines found so far. Thrown out of when there are too many: the rest would say nothing new.
class Differences {
public:
    struct Enough {};
    void add(std::string line) {
        lines_.push_back(std::move(line));
        if (lines_.size() < most_differences) return;
        lines_.push_back("and more: stopped after " + std::to_string(most_differences) + " differences");
        throw Enough{};
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(lines_); }

private:
    std::vector<std::string> lines_;
};

class Replay {
public:
    Replay(Db& db, Differences& differences) : db_(db), differences_(differences) {}

    void run() {
        check_file();
        replay_events();
        compare<Request>("request", ledger_.requests());
        compare<Grant>("grant", ledger_.grants());
        compare<Review>("review", ledger_.reviews());
        compare<Membership>("membership", ledger_.memberships());
        compare<Finding>("finding", ledger_.findings());
        compare_approvals();
        compare_holdings();
    }

private:
    void check_file() {
        Query query = db_.query("PRAGMA integrity_check(20)");
        while (query.step()) {
            const std::string line = query.text();
            if (line != "ok") differences_.add("database: " + line);
        }
        Query foreign = db_.query("PRAGMA foreign_key_check");
        while (foreign.step()) differences_.add("database: a row of " + foreign.text() + " names a record that is not there");
    }

    std::vector<audit::Disclosure> disclosures_of(EventSeq seq) {
        Query query = db_.query("SELECT field, salt, plaintext FROM disclosures WHERE seq = ?", seq);
        std::vector<audit::Disclosure> all;
        while (query.step()) {
            audit::Disclosure& one = all.emplace_back();
            one.field = query.text();
            query.bytes(one.salt);
            one.plaintext = query.text();
        }
        return all;
    }

    void replay_events() {
        Query query = db_.query("SELECT seq, entry, ts_us, type, request_id, grant_id, ticket, entitlement, actor, subject, origin"
                                " FROM events ORDER BY seq");
        Utc latest{};
        std::int64_t expected = 1;
        while (query.step()) {
            const auto seq = query.get<EventSeq>();
            if (seq.value != expected) {
                differences_.add("events: " + std::to_string(seq.value) + " follows " + std::to_string(expected - 1) + ", there is a gap");
            }
            expected = seq.value + 1;
            replay_one(seq, query);
            latest = std::max(latest, last_at_);
        }
        const Utc mark{std::chrono::microseconds{db_.number("SELECT max(high_water_us) FROM meta")}};
        if (mark < latest) differences_.add("meta: high_water_us is " + to_rfc3339(mark) + ", but an event is of " + to_rfc3339(latest));
    }

    void replay_one(EventSeq seq, Query& row) {
        const std::string where = "event " + std::to_string(seq.value);
        const std::string entry = row.text();
        try {
            const audit::Decoded decoded = audit::decode(entry, disclosures_of(seq));
            if (!may_follow(last_at_, decoded.event, decoded.now.utc)) {
                differences_.add(where + ": the time goes back from " + to_rfc3339(last_at_) + " to " + to_rfc3339(decoded.now.utc) +
                                 ", and no clock.stepped says so");
            }
            last_at_ = decoded.now.utc;
            if (decoded.seq != seq) differences_.add(where + ": its entry says number " + std::to_string(decoded.seq.value));
            compare_columns(where, decoded, row);
            for (const std::string& field : decoded.undisclosed) differences_.add(where + ": the text of " + field + " is gone");
            apply(decoded.event, decoded.now.utc, ledger_);
        } catch (const audit::EntryFault& fault) {
            differences_.add(where + ": " + fault.what());
        } catch (const ImpossibleEvent& impossible) {
            differences_.add(where + " cannot have happened: " + impossible.what());
        } catch (const StoreFault& fault) {
            differences_.add(where + ": " + fault.what());
        }
    }

    /// What search goes by must be what the entry says.
    void compare_columns(const std::string& where, const audit::Decoded& decoded, Query& row) {
        const auto check = [&](const char* column, const std::string& said, const std::string& stored) {
            if (said != stored) differences_.add(where + ": the column " + column + " is \"" + stored + "\", its entry says \"" + said + '"');
        };
        const EventHeader& header = decoded.event.header;
        check("ts_us", std::to_string(decoded.now.utc.time_since_epoch().count()), std::to_string(row.integer()));
        check("type", std::string(type_of(decoded.event)), row.text());
        check("request_id", std::to_string(header.request.value), std::to_string(row.integer()));
        check("grant_id", std::to_string(header.grant.value), std::to_string(row.integer()));
        check("ticket", header.ticket.value, row.text());
        check("entitlement", header.entitlement.value, row.text());
        check("actor", header.actor.id.value, row.text());
        check("subject", header.subject.value, row.text());
        check("origin", header.actor.origin, row.text());
    }

    template <class Record>
    void compare_values(const std::string& where, const Record& replayed, const Record& stored) {
        if (replayed == stored) return;
        ColumnTexts said;
        ColumnTexts found;
        columns(said, replayed);
        columns(found, stored);
        for (std::size_t at = 0; at < said.all.size(); ++at) {
            if (said.all[at].second == found.all[at].second) continue;
            differences_.add(where + ": " + said.all[at].first + " is \"" + found.all[at].second + "\", the log says \"" + said.all[at].second + '"');
        }
    }

    template <class Record, class Key>
    void compare(const std::string& what, const std::map<Key, Record>& replayed) {
        static const std::string sql = "SELECT " + column_list<Record>() + " FROM " + table_of<Record> + " ORDER BY id";
        Query query = db_.query(sql);
        std::size_t known = 0;
        while (query.step()) {
            Record stored;
            try {
                stored = read_row<Record>(query);
            } catch (const StoreFault& fault) {
                differences_.add(what + ": " + fault.what());
                continue;
            }
            const std::string where = what + ' ' + std::to_string(stored.id.value);
            const auto found = replayed.find(stored.id);
            if (found == replayed.end()) {
                differences_.add(where + ": the log knows nothing of it");
                continue;
            }
            ++known;
            compare_values(where, found->second, stored);
        }
        if (known == replayed.size()) return;
        for (const auto& [id, record] : replayed) {
            if (!find_stored(table_of<Record>, id.value)) differences_.add(what + ' ' + std::to_string(id.value) + ": the log has it, the table does not");
        }
    }

    bool find_stored(const std::string& table, std::int64_t id) {
        Query query = db_.once("SELECT 1 FROM " + table + " WHERE id = ?");
        query.bind(id);
        return query.step();
    }

    void compare_approvals() {
        static const std::string sql = "SELECT request_id, " + column_list<Approval>() + " FROM approvals ORDER BY request_id, n";
        std::map<RequestId, std::vector<Approval>> stored;
        Query query = db_.query(sql);
        while (query.step()) {
            const auto request = query.get<RequestId>();
            stored[request].push_back(read_row<Approval>(query));
            stored[request].back().request = request;
        }
        both_ways(ledger_.all_approvals(), stored, [this](RequestId id, const std::vector<Approval>& said, const std::vector<Approval>& found) {
            const std::string where = "approvals of request " + std::to_string(id.value);
            if (said.size() != found.size()) {
                differences_.add(where + ": " + std::to_string(found.size()) + " stored, " + std::to_string(said.size()) + " in the log");
                return;
            }
            for (std::size_t at = 0; at < said.size(); ++at) compare_values(where, said[at], found[at]);
        });
    }

    void compare_holdings() {
        std::map<RequestId, std::vector<MembershipId>> stored;
        Query query = db_.query("SELECT grant_id, membership_id, is_live FROM holdings ORDER BY grant_id, membership_id");
        while (query.step()) {
            const auto grant = query.get<RequestId>();
            stored[grant].push_back(query.get<MembershipId>());
            const auto known = ledger_.grant(grant);
            const bool is_live = query.get<bool>();
            if (known && is_live != (known->state != GrantState::closed)) {
                differences_.add("holdings of grant " + std::to_string(grant.value) + ": is_live is " + (is_live ? "1" : "0") + ", the log says otherwise");
            }
        }
        auto replayed = ledger_.holdings();
        for (auto& [grant, memberships] : replayed) {
            std::sort(memberships.begin(), memberships.end());
            memberships.erase(std::unique(memberships.begin(), memberships.end()), memberships.end());
        }
        both_ways(replayed, stored, [this](RequestId grant, const std::vector<MembershipId>& said, const std::vector<MembershipId>& found) {
            const std::string where = "holdings of grant " + std::to_string(grant.value) + ": membership ";
            for (const MembershipId id : said) {
                if (!std::binary_search(found.begin(), found.end(), id)) differences_.add(where + std::to_string(id.value) + " is missing");
            }
            for (const MembershipId id : found) {
                if (!std::binary_search(said.begin(), said.end(), id)) differences_.add(where + std::to_string(id.value) + " is not in the log");
            }
        });
    }

    template <class Value, class Compare>
    static void both_ways(const std::map<RequestId, Value>& said, const std::map<RequestId, Value>& found, Compare compare) {
        const Value nothing{};
        for (const auto& [id, value] : said) {
            const auto other = found.find(id);
            compare(id, value, other == found.end() ? nothing : other->second);
        }
        for (const auto& [id, value] : found) {
            if (!said.contains(id)) compare(id, nothing, value);
        }
    }

    Db& db_;
    Differences& differences_;
    MemoryLedger ledger_;
    Utc last_at_{};
};

}  // namespace

std::vector<std::string> replay_and_compare(const std::filesystem::path& path) {
    Db db(path, Db::Access::read_only);
    check_identity(db, static_cast<int>(migrations().size()));
    if (db.number("PRAGMA user_version") != static_cast<std::int64_t>(migrations().size())) {
        throw StoreFault("the database " + path.string() + " has an older schema; start stintd once, which brings it up to date", false);
    }
    // One snapshot, though a broker may be writing.
    db.script("BEGIN");
    Differences differences;
    try {
        Replay(db, differences).run();
    } catch (const Differences::Enough&) {
    }
    return differences.take();
}

}  // namespace stint
