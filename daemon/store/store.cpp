// Opening, transactions, and the one way in which an event enters: its bytes, its disclosures and what it does to
// the records, together.
#include "store/store.hpp"

#include "audit/entry.hpp"
#include "core/apply.hpp"
#include "core/filing.hpp"
#include "store/impl.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <utility>

namespace stint {
namespace {

constexpr int pages_to_move_when_idle = 1'000;    // 4 MB: less is not worth its fsyncs
constexpr int pages_to_move_anyway = 25'000;      // 100 MB: the log must not grow without end

std::filesystem::path prepared(const std::filesystem::path& path) {
    const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    std::error_code error;
    if (!std::filesystem::is_directory(parent, error)) {
        throw StoreFault("the database's folder " + parent.string() + " is not there; make it, owned by the broker's user, mode 0700", false);
    }
    return path.string() + ".lock";
}

const std::filesystem::path& made_private(const std::filesystem::path& path) {
    make_private_file(path);
    return path;
}

std::string new_instance(const SaltSource& salts) {
    Salt salt{};
    salts(salt);
    std::string text;
    for (std::size_t at = 0; at < 8; ++at) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(salt[at]) >> 4U];
        text += digits[std::to_integer<unsigned>(salt[at]) & 0xFU];
    }
    return text;
}

void set_up(Db& db) {
    // Before anything is written: a foreign file is left as it is.
    check_identity(db, static_cast<int>(migrations().size()));
    Query mode = db.once("PRAGMA journal_mode = WAL");
    if (!mode.step() || mode.text() != "wal") {
        throw StoreFault("the database's file system cannot do write-ahead logging (shared memory); use a local one", false);
    }
    // FULL: answered means on disk. Temporary files in memory: a full disk must not hinder a rollback.
    db.script("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;"
              "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON");
}

}  // namespace

Store::Impl::Impl(const std::filesystem::path& path, SaltSource salt_source)
    : lock(prepared(path)), db(made_private(path), Db::Access::read_write), salts(std::move(salt_source)) {
    set_up(db);
    migrate(db, migrations());
    check_for_damage(db);
    if (db.number("SELECT count(*) FROM meta") == 0) {
        db.run("INSERT INTO meta (one, instance, high_water_us) VALUES (1, ?, 0)", new_instance(salts));
    }
    Query meta = db.query("SELECT instance, high_water_us FROM meta");
    if (!meta.step()) throw StoreFault("the database has lost what it knows of itself (meta); restore a backup", false);
    instance = meta.text();
    counters.high_water = meta.get<Utc>();
    counters.last_event = db.number("SELECT max(seq) FROM events");
    counters.last_at = Utc{std::chrono::microseconds{db.number("SELECT ts_us FROM events WHERE seq = ?", counters.last_event)}};
    counters.grants = db.number("SELECT count(*) FROM grants");
}

void Store::Impl::must_be_in_transaction() const {
    if (before.empty()) throw std::logic_error("a write to the store outside a transaction");
    if (!db.has_transaction()) throw StoreFault("nothing was written: the transaction was rolled back after an earlier fault", true);
}

Store::Store(const std::filesystem::path& path, SaltSource salts) try : impl_(std::make_unique<Impl>(path, std::move(salts))) {
} catch (const StoreFault& fault) {
    throw StoreFault(std::string(fault.what()) + " [" + path.string() + ']', fault.is_full());
}

Store::~Store() {
    if (impl_) checkpoint();
}

void Store::checkpoint() noexcept {
    if (!impl_->db.has_transaction()) static_cast<void>(impl_->db.checkpoint());
}

Store::Batch::Batch(Store& store) : store_(store) {
    Impl& impl = *store.impl_;
    try {
        const std::int64_t version = impl.db.number("PRAGMA data_version");
        if (std::exchange(impl.data_version, version) != version) impl.recent.forget();
        impl.recent.set_on(true);
    } catch (const StoreFault&) {
        impl.recent.forget();  // whoever reads on meets the fault
    }
}

Store::Batch::~Batch() { store_.impl_->recent.set_on(false); }

void Store::begin() {
    if (!impl_->before.empty()) throw std::logic_error("a transaction inside a transaction");
    impl_->db.run("BEGIN IMMEDIATE");
    impl_->before.assign(1, impl_->counters);
}

void Store::commit() {
    try {
        impl_->must_be_in_transaction();
        if (impl_->counters.high_water > impl_->before.front().high_water) {
            impl_->db.run("UPDATE meta SET high_water_us = ?", impl_->counters.high_water);
        }
        impl_->db.run("COMMIT");
    } catch (...) {
        rollback();
        throw;
    }
    impl_->before.clear();
    if (impl_->db.wal_pages() > pages_to_move_anyway) static_cast<void>(impl_->db.checkpoint());
}

void Store::rollback() noexcept {
    if (impl_->before.empty()) return;
    impl_->counters = impl_->before.front();
    impl_->before.clear();
    impl_->recent.forget();
    try {
        if (impl_->db.has_transaction()) impl_->db.run("ROLLBACK");
    } catch (const std::exception&) {
        // SQLite has given the transaction up by itself; the next begin says so when not.
    }
}

void Store::savepoint() {
    impl_->must_be_in_transaction();
    impl_->db.run("SAVEPOINT command");
    impl_->before.push_back(impl_->counters);
}

void Store::release_savepoint() {
    impl_->must_be_in_transaction();
    if (impl_->before.size() < 2) throw std::logic_error("there is no savepoint to release");
    impl_->db.run("RELEASE command");
    impl_->before.pop_back();
}

void Store::rollback_savepoint() noexcept {
    if (impl_->before.size() < 2) return;
    impl_->counters = impl_->before.back();
    impl_->before.pop_back();
    impl_->recent.forget();
    try {
        // Without a transaction SQLite has rolled all of it back already, and commit() will say so.
        if (!impl_->db.has_transaction()) return;
        impl_->db.run("ROLLBACK TO command");
        impl_->db.run("RELEASE command");
    } catch (const std::exception&) {
        // Half a command must never be committed: give the whole transaction up.
        try {
            if (impl_->db.has_transaction()) impl_->db.run("ROLLBACK");
        } catch (const std::exception&) {
        }
    }
}

void Store::checkpoint_when_idle() noexcept {
    if (impl_->before.empty() && impl_->db.wal_pages() > pages_to_move_when_idle) static_cast<void>(impl_->db.checkpoint());
}

EventSeq Store::append(const Event& event, const Now& now) {
    impl_->must_be_in_transaction();
    if (!may_follow(impl_->counters.last_at, event, now.utc)) {
        EventHeader header;
        header.actor = broker_actor("clock");
        static_cast<void>(append({header, ClockStepped{(now.utc - impl_->counters.last_at).count()}}, now));
    }
    const EventSeq seq{impl_->counters.last_event + 1};
    const audit::Entry entry = audit::encode(event, seq, now, impl_->salts);
    apply(event, now.utc, *this);

    const EventHeader& header = event.header;
    const auto number = [](RequestId id) { return id.value == 0 ? std::nullopt : std::optional(id); };
    const auto text = [](const auto& one) { return one.empty() ? std::nullopt : std::optional(one); };
    impl_->db.run("INSERT INTO events (seq, ts_us, type, request_id, grant_id, ticket, entitlement, actor, subject, origin, entry)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  seq, now.utc, type_of(event), number(header.request), number(header.grant), text(header.ticket),
                  text(header.entitlement), text(header.actor.id), text(header.subject), header.actor.origin, entry.bytes);
    for (const audit::Disclosure& one : entry.disclosures) {
        impl_->db.run("INSERT INTO disclosures (seq, field, salt, plaintext) VALUES (?, ?, ?, ?)", seq, one.field,
                      std::span<const std::byte>(one.salt), std::as_bytes(std::span(one.plaintext)));
    }
    impl_->counters.last_event = seq.value;
    impl_->counters.last_at = now.utc;
    impl_->counters.high_water = std::max(impl_->counters.high_water, now.utc);
    return seq;
}

void Store::touch() {
    impl_->must_be_in_transaction();
    impl_->db.run("UPDATE meta SET probe = probe + 1");
}

Utc Store::high_water_mark() const { return impl_->counters.high_water; }

EventSeq Store::last_event() const { return EventSeq{impl_->counters.last_event}; }

}  // namespace stint
