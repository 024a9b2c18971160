// What is owed to people and tickets until it is done, and two memories that are no records: which request an
// Idempotency-Key filed, and the persons the directory has told us of.
#include "store/impl.hpp"
#include "store/lists.hpp"

namespace stint {

void Store::owe(const Effect& effect, const Now& now) {
    impl_->must_be_in_transaction();
    impl_->db.run("INSERT INTO outbox (created_us, effect, is_note) VALUES (?, ?, ?)", now.utc, effect_to_json(effect),
                  std::holds_alternative<NoteTicket>(effect));
}

std::vector<Owed> Store::owed(const Channel& channel, Utc now, int limit) const {
    Query query = impl_->db.query("SELECT id, created_us, coalesce(attempts, 0), effect FROM outbox"
                                  " LEFT JOIN deliveries ON outbox_id = id AND channel = ?"
                                  " WHERE is_note = ? AND (channel IS NULL OR next_us <= ?)"
                                  " ORDER BY channel IS NOT NULL, next_us, id LIMIT ?", channel.name, channel.is_ticket_system, now, limit);
    std::vector<Owed> all;
    while (query.step()) {
        Owed one;
        one.id = query.get<OutboxId>();
        one.created_at = query.get<Utc>();
        one.attempts = query.integer();
        const std::string effect = query.text();
        try {
            one.effect = effect_from_json(effect);
        } catch (const std::exception& fault) {
            one.unreadable = fault.what();  // one row that nobody can read holds no other up
        }
        // The time tells apart what a restored backup would number a second time.
        one.key = impl_->instance + '-' + std::to_string(one.id.value) + '-' + std::to_string(one.created_at.time_since_epoch().count());
        all.push_back(std::move(one));
    }
    return all;
}

void Store::delivered(OutboxId id, const Channel& channel, const std::vector<Channel>& channels) {
    impl_->must_be_in_transaction();
    if (impl_->db.number("SELECT count(*) FROM outbox WHERE id = ?", id) == 0) return;  // struck off already
    impl_->db.run("INSERT INTO deliveries (outbox_id, channel, next_us, attempts, error) VALUES (?, ?, NULL, 0, '')"
                  " ON CONFLICT (outbox_id, channel) DO UPDATE SET next_us = NULL, error = ''", id, channel.name);
    for (const Channel& other : channels) {
        if (other.is_ticket_system != channel.is_ticket_system) continue;
        const auto has_it = impl_->db.number("SELECT count(*) FROM deliveries WHERE outbox_id = ? AND channel = ? AND next_us IS NULL", id, other.name);
        if (has_it == 0) return;
    }
    // Deleted, not marked: it holds names and mail addresses, and the log already tells what was decided.
    impl_->db.run("DELETE FROM outbox WHERE id = ?", id);
}

void Store::postpone(OutboxId id, const Channel& channel, Utc until, const std::string& error) {
    impl_->must_be_in_transaction();
    if (impl_->db.number("SELECT count(*) FROM outbox WHERE id = ?", id) == 0) return;
    impl_->db.run("INSERT INTO deliveries (outbox_id, channel, next_us, attempts, error) VALUES (?, ?, ?, 1, ?)"
                  " ON CONFLICT (outbox_id, channel) DO UPDATE SET next_us = excluded.next_us, attempts = attempts + 1, error = excluded.error",
                  id, channel.name, until, error);
}

void Store::strike_off(const std::vector<Channel>& channels) {
    std::vector<std::pair<OutboxId, std::string>> taken;
    {
        Query query = impl_->db.query("SELECT outbox_id, channel FROM deliveries WHERE next_us IS NULL");
        while (query.step()) {
            const auto id = query.get<OutboxId>();
            taken.emplace_back(id, query.text());
        }
    }
    for (const auto& [id, name] : taken) {
        for (const Channel& channel : channels)
            if (channel.name == name) delivered(id, channel, channels);
    }
}

std::int64_t Store::owed_count() const { return impl_->db.number("SELECT count(*) FROM outbox"); }

std::optional<IdempotentRequest> Store::idempotent(const PersonId& person, const std::string& key) const {
    Query query = impl_->db.query("SELECT request_id, digest FROM idempotency WHERE person_id = ? AND key = ?", person, key);
    if (!query.step()) return std::nullopt;
    const auto request = query.get<RequestId>();
    return IdempotentRequest{request, query.text()};
}

void Store::remember_idempotent(const PersonId& person, const std::string& key, const IdempotentRequest& request, Utc now) {
    impl_->must_be_in_transaction();
    impl_->db.run("INSERT INTO idempotency (person_id, key, request_id, digest, at_us) VALUES (?, ?, ?, ?, ?)", person, key, request.request,
                  request.digest, now);
}

void Store::forget_idempotent(Utc before) {
    impl_->must_be_in_transaction();
    impl_->db.run("DELETE FROM idempotency WHERE at_us < ?", before);
}

void Store::remember_person(const PersonRef& person, Utc now) {
    {
        // Asked with every command, changed almost never: a read is all it costs then.
        Query known = impl_->db.query("SELECT login, name, mail FROM persons WHERE id = ?", person.id);
        if (known.step() && known.text() == person.login.value && known.text() == person.name && known.text() == person.mail) return;
    }
    // A login that has moved on names its new holder only.
    impl_->db.run("UPDATE persons SET login = '' WHERE login = ? AND login <> '' AND id <> ?", person.login, person.id);
    impl_->db.run("INSERT INTO persons (id, login, name, mail, seen_us) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                  " login = excluded.login, name = excluded.name, mail = excluded.mail, seen_us = excluded.seen_us",
                  person.id, person.login, person.name, person.mail, now);
}

std::optional<PersonRef> Store::remembered_person(const Login& login) const {
    if (login.empty()) return std::nullopt;
    Query query = impl_->db.query("SELECT id, login, name, mail FROM persons WHERE login = ? AND login <> ''", login);
    if (!query.step()) return std::nullopt;
    return PersonRef{query.get<PersonId>(), query.get<Login>(), query.text(), query.text()};
}

std::optional<PersonRef> Store::remembered_person(const PersonId& id) const {
    Query query = impl_->db.query("SELECT id, login, name, mail FROM persons WHERE id = ?", id);
    if (!query.step()) return std::nullopt;
    return PersonRef{query.get<PersonId>(), query.get<Login>(), query.text(), query.text()};
}

}  // namespace stint
