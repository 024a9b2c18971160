// Migrations run one by one; a step that fails leaves the database at the step before.
#include "store/schema.hpp"

#include "store/store.hpp"

#include <stdexcept>

namespace stint {
namespace {

constexpr Migration all_migrations[] = {
#include "schema_files.inc"
};

constexpr std::int64_t most_pages_checked = 16'384;

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

void check_for_damage(Db& db) {
    if (db.number("PRAGMA page_count") > most_pages_checked) return;
    Query check = db.once("PRAGMA quick_check(1)");
    const std::string answer = check.step() ? check.text() : std::string("no answer");
    if (answer != "ok") throw StoreFault("the database is damaged (" + answer + "); restore a backup", false);
}

}  // namespace stint
