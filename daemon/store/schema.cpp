// Migrations run one by one; a step that fails leaves the database at the step before.
#include "store/schema.hpp"

#include "store/store.hpp"

#include <array>

namespace stint {
namespace {

constexpr Migration all_migrations[] = {
#include "schema_files.inc"
};

// The order in which damage would hurt most.
constexpr std::array checked_tables{
    std::string_view("PRAGMA quick_check('grants')"),   std::string_view("PRAGMA quick_check('memberships')"),
    std::string_view("PRAGMA quick_check('holdings')"), std::string_view("PRAGMA quick_check('requests')"),
    std::string_view("PRAGMA quick_check('approvals')"), std::string_view("PRAGMA quick_check('reviews')"),
    std::string_view("PRAGMA quick_check('findings')"), std::string_view("PRAGMA quick_check('outbox')"),
    std::string_view("PRAGMA quick_check('meta')"),     std::string_view("PRAGMA quick_check('idempotency')"),
    std::string_view("PRAGMA quick_check('persons')"),  std::string_view("PRAGMA quick_check('disclosures')"),
    std::string_view("PRAGMA quick_check('events')"),
};

}  // namespace

std::span<const Migration> migrations() { return all_migrations; }

void check_identity(Db& db, int newest) {
    const std::int64_t version = db.number("PRAGMA user_version");
    const std::int64_t identity = db.number("PRAGMA application_id");
    const bool is_empty = db.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (is_empty && identity == 0 && version == 0) return;
    if (identity != application_id) {
        throw StoreFault("the file is a database of another program, not of stint; check [store] path", false);
    }
    if (version > newest) {
        throw StoreFault("the database has schema " + std::to_string(version) + ", this program knows up to " + std::to_string(newest) +
                             "; start the newer stintd, or restore a backup made by this one",
                         false);
    }
}

void migrate(Db& db, std::span<const Migration> steps) {
    std::int64_t version = db.number("PRAGMA user_version");
    for (const Migration& step : steps) {
        if (step.number <= version) continue;
        if (step.number != version + 1) throw std::logic_error("the migrations have a gap");
        try {
            db.script("BEGIN IMMEDIATE;\n" + std::string(step.sql) + "\nPRAGMA application_id = " + std::to_string(application_id) +
                      ";\nPRAGMA user_version = " + std::to_string(step.number) + ";\nCOMMIT");
        } catch (const StoreFault& fault) {
            if (db.has_transaction()) db.script("ROLLBACK");
            throw StoreFault("the database stays at schema " + std::to_string(version) + ", since " + std::string(step.name) +
                                 " failed: " + fault.what(),
                             fault.is_full());
        }
        version = step.number;
    }
}

void check_for_damage(Db& db, std::chrono::milliseconds patience) {
    // A large database is not read whole at every start; `stintd check --replay` does that.
    static_cast<void>(db.within(patience, [&db] {
        for (const std::string_view check : checked_tables) {
            Query query = db.once(std::string(check));
            if (!query.step()) continue;
            const std::string answer = query.text();
            if (answer != "ok") throw StoreFault("the database is damaged (" + answer + "); restore a backup", false);
        }
    }));
}

}  // namespace stint
