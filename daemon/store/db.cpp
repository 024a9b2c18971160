// The C calls themselves. What SQLite answers becomes a StoreFault here and nowhere else.
#include "store/db.hpp"

#include "store/store.hpp"

#include <sqlite3.h>

#include <cstring>
#include <utility>

namespace stint {
namespace {

/// No space, no disk, no right to write: what passes when the administrator acts, and leaves everything as it was.
bool is_full_code(int code) {
    const int primary = code & 0xFF;
    return primary == SQLITE_FULL || primary == SQLITE_IOERR || primary == SQLITE_READONLY;
}

std::string_view advice(int code) {
    switch (code & 0xFF) {
    case SQLITE_FULL: return "; make space on its disk";
    case SQLITE_IOERR: return "; look at its disk and at the kernel's log";
    case SQLITE_READONLY: return "; its file system, folder or file does not allow writing";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "; the file is damaged or no database: restore a backup";
    case SQLITE_BUSY: return "; another program holds it locked";
    case SQLITE_CANTOPEN: return "; check that the folder exists and whom it belongs to";
    default: return "";
    }
}

}  // namespace

void fail(sqlite3* db, int code, std::string_view doing) {
    std::string message = "the database could not " + std::string(doing) + ": " +
                          (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    message += advice(code);
    if ((code & 0xFF) == SQLITE_CONSTRAINT) throw ConstraintFault(message);
    throw StoreFault(message, is_full_code(code));
}

Query::Query(Query&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)), in_use_(std::exchange(other.in_use_, nullptr)),
      next_(other.next_), column_(other.column_) {}

Query::~Query() {
    if (statement_ == nullptr) return;
    if (in_use_ == nullptr) {
        sqlite3_finalize(statement_);
        return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    *in_use_ = false;
}

Query& Query::bind(std::int64_t value) {
    if (const int code = sqlite3_bind_int64(statement_, next_++, value); code != SQLITE_OK) fail(db_, code, "take a number");
    return *this;
}

Query& Query::bind(std::string_view text) {
    const char* const data = text.data() == nullptr ? "" : text.data();
    const int code = sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) fail(db_, code, "take a text");
    return *this;
}

Query& Query::bind(std::span<const std::byte> bytes) {
    const void* const data = bytes.data() == nullptr ? "" : static_cast<const void*>(bytes.data());
    const int code = sqlite3_bind_blob64(statement_, next_++, data, bytes.size(), SQLITE_TRANSIENT);
    if (code != SQLITE_OK) fail(db_, code, "take bytes");
    return *this;
}

Query& Query::bind_null() {
    if (const int code = sqlite3_bind_null(statement_, next_++); code != SQLITE_OK) fail(db_, code, "take a null");
    return *this;
}

bool Query::has_unbound() const { return next_ <= sqlite3_bind_parameter_count(statement_); }

bool Query::step() {
    column_ = 0;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(db_, sqlite3_extended_errcode(db_), sqlite3_stmt_readonly(statement_) != 0 ? "read" : "write");
}

void Query::run() {
    while (step()) {}
}

bool Query::is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

std::int64_t Query::integer() { return sqlite3_column_int64(statement_, column_++); }

std::string Query::text() {
    // Reads a blob too: what was committed to is bytes, whatever they are.
    const void* const data = sqlite3_column_blob(statement_, column_);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

void Query::bytes(std::span<std::byte> into) {
    const void* const data = sqlite3_column_blob(statement_, column_);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
    if (data == nullptr || size != into.size()) throw StoreFault("the database holds bytes of a length that was never written", false);
    std::memcpy(into.data(), data, size);
}

Db::Db(const std::filesystem::path& path, Access access) {
    const int how = access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(path.c_str(), &db_, how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    try {
        if (code != SQLITE_OK) fail(db_, code, "be opened at " + path.string());
        sqlite3_busy_timeout(db_, 500);
        sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
        // Replaces SQLite's own automatic checkpoint: a long one must not stand in front of a commit.
        sqlite3_wal_hook(db_, [](void* self, sqlite3*, const char*, int pages) {
            static_cast<Db*>(self)->wal_pages_ = pages;
            return SQLITE_OK;
        }, this);
    } catch (...) {
        close();
        throw;
    }
}

Db::~Db() { close(); }

void Db::close() noexcept {
    for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
    statements_.clear();
    sqlite3_close_v2(db_);
    db_ = nullptr;
}

sqlite3_stmt* Db::prepared(std::string_view sql, bool is_kept) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), is_kept ? SQLITE_PREPARE_PERSISTENT : 0U, &statement, nullptr);
    if (code != SQLITE_OK) fail(db_, code, "understand a statement");
    return statement;
}

Query Db::cached(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) found = statements_.emplace(sql, Cached{prepared(sql, true), false}).first;
    // The same statement inside its own loop: the inner one gets a statement of its own.
    if (found->second.in_use) return {db_, prepared(sql, false), nullptr};
    found->second.in_use = true;
    return {db_, found->second.statement, &found->second.in_use};
}

Query Db::once(const std::string& sql) { return {db_, prepared(sql, false), nullptr}; }

void Db::script(const std::string& sql) {
    if (const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK) fail(db_, code, "run a script");
}

std::int64_t Db::changes() const noexcept { return sqlite3_changes64(db_); }

bool Db::has_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

bool Db::checkpoint() noexcept {
    int in_log = 0;
    int moved = 0;
    if (sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved) != SQLITE_OK) return false;
    // All moved: the next commit starts the log anew.
    wal_pages_ = in_log > moved ? in_log - moved : 0;
    return in_log == moved;
}

}  // namespace stint
