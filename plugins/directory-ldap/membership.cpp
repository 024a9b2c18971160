// The rules of names: a value is the person's if it is a name the person has now, or one that this process wrote for
// this person in this group. A name that was only met or guessed counts when nobody else answers to it.
#include "plugins/directory-ldap/membership.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using sdk::PluginError;
using sdk::Reason;

constexpr int max_rounds = 4;
constexpr std::size_t max_strange = 16;

/// Both spellings of one name are one value.
std::set<Value> same_as(const std::set<Value>& values, const std::set<Value>& wanted) {
    std::set<Value> keys, out;
    for (const auto& one : wanted) keys.insert(comparable(one));
    for (const auto& one : values)
        if (keys.contains(comparable(one))) out.insert(one);
    return out;
}

boost::json::object answer(std::string_view outcome, std::optional<bool> is_present, const std::string& server) {
    boost::json::object out{{"outcome", outcome}, {"server", server}};
    if (is_present) out["present"] = *is_present;
    return out;
}

boost::json::object seen(bool is_present, const std::string& server) { return {{"present", is_present}, {"server", server}}; }

Modify change(const Target& group, ChangeKind kind, const std::set<Value>& values, const Dialect& dialect) {
    Modify out{.dn = dialect.name_of(group.id, group.dn), .kind = kind, .values = {values.begin(), values.end()}};
    switch (dialect.guard) {
        case WriteGuard::assertion: out.asserted = dialect.id_filter(group.id).text(); break;
        case WriteGuard::post_read: out.post_read = dialect.id_attribute; break;
        case WriteGuard::address: break;  // the DN is the id
    }
    return out;
}

}  // namespace

asio::awaitable<Membership::Pair> Membership::pair(std::shared_ptr<Connection> connection, Target group, std::string person, PersonHint hint) {
    const auto id = dialect().checked_id(person);
    if (!id) throw PluginError(Reason::not_found, "a person's id is their " + std::string(dialect().id_attribute) + ", and this is none");
    Pair out{.group = std::move(group), .person_id = *id, .person = std::nullopt, .hint = std::move(hint)};
    out.person = co_await people_.by_id(connection, *id);
    out.is_among_people = out.person.has_value();
    if (!out.person && !dialect().is_named_by_id) out.person = co_await people_.anywhere_by_id(connection, *id);
    if (out.person) traces_.met(*out.person);
    co_return out;
}

Membership::Values Membership::own_values(const Pair& pair) const {
    Values out;
    // Where the id is the name, it is so for somebody who was deleted, too.
    if (!pair.person && !dialect().is_named_by_id) return out;
    for (const auto& attribute : pair.group.shape.attributes) {
        if (!holds_logins(attribute)) out.insert({attribute, dialect().name_of(pair.person_id, pair.person ? pair.person->dn : "")});
        else for (const auto& login : pair.person->logins) out.insert({attribute, login});
    }
    return out;
}

Membership::Values Membership::earlier_values(const Pair& pair) const {
    Values out;
    if (dialect().is_named_by_id) return out;  // values follow renames
    for (const auto& attribute : pair.group.shape.attributes) {
        if (!holds_logins(attribute)) {
            for (const auto& dn : traces_.dns_of(pair.person_id)) out.insert({attribute, dn});
        } else {
            for (const auto& login : traces_.logins_of(pair.person_id)) out.insert({attribute, login});
            if (!pair.hint.login.empty()) out.insert({attribute, pair.hint.login});
        }
    }
    const auto own = own_values(pair);
    for (const auto& known : same_as(out, own)) out.erase(known);
    return out;
}

/// Of a group's values, those that look like an earlier place of the person: same login or name, elsewhere.
Membership::Values Membership::likely_values(const Pair& pair, const Entry& entry) const {
    const auto& settings = people_.settings();
    std::set<std::string> logins, names;
    for (const auto& login : traces_.logins_of(pair.person_id)) logins.insert(folded(login));
    if (!pair.hint.login.empty()) logins.insert(folded(pair.hint.login));
    if (!pair.hint.name.empty()) names.insert(folded(pair.hint.name));
    if (pair.person && !pair.person->name.empty()) names.insert(folded(pair.person->name));
    // Most values of a group are of people who are called something else: those are passed over before anything is copied.
    const auto is_likely = [&](const std::string& text) {
        const auto is_theirs = [&](const std::string& login, const std::string& name) { return logins.contains(folded(login)) || names.contains(folded(name)); };
        if (const auto rdn = simple_rdn(text)) {
            const auto value_of = [&](const std::string& attribute) { return rdn->type == folded(attribute) ? rdn->value : std::string(); };
            return is_theirs(value_of(settings.login), value_of(settings.name)) && people_.is_under_base(text);
        }
        const auto dn = Dn::parse(text);
        return dn && is_theirs(dn->rdn_value(settings.login), dn->rdn_value(settings.name)) && people_.is_under_base(text);
    };
    Values candidates;
    for (const auto& attribute : pair.group.shape.attributes)
        for (const auto& text : entry.all(attribute))
            if (holds_logins(attribute) ? logins.contains(folded(text)) : is_likely(text)) candidates.insert({attribute, text});
    const auto own = own_values(pair);
    for (const auto& mine : same_as(candidates, own)) candidates.erase(mine);
    return candidates;
}

/// Which of the wanted values the group has, in one read that also proves it is this group.
asio::awaitable<Membership::Values> Membership::values_in_group(std::shared_ptr<Connection> connection, Target group, Values wanted) {
    auto what = whole_group(group, dialect());
    if (!dialect().has_values_filter) co_return co_await values_one_by_one(connection, std::move(group), std::move(wanted));
    auto among_others = co_await readings_.values(connection, group, wanted);
    if (among_others) co_return std::move(*among_others);
    what.only_values.assign(wanted.begin(), wanted.end());
    if (wanted.empty()) what.attributes.clear();
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) throw EntryGone(group.dn);
    // Not held against what was asked for: which spellings are one name the server knows better.
    co_return values_of(reply.entries.front(), group.shape);
}

/// The same where the server cannot pick values: one filter for each, and never the whole group.
asio::awaitable<Membership::Values> Membership::values_one_by_one(std::shared_ptr<Connection> connection, Target group, Values wanted) {
    auto what = whole_group(group, dialect());
    what.attributes.clear();
    std::vector<Search> searches;
    for (const auto& value : wanted) {
        searches.push_back(what);
        searches.back().filter = Filter::all_of({dialect().id_filter(group.id), Filter::equal(value.attribute, value.text)}).text();
    }
    searches.push_back(what);
    const auto replies = co_await search_all(connection, std::move(searches));
    if (replies.back().entries.empty()) throw EntryGone(group.dn);
    Values found;
    for (std::size_t i = 0; const auto& value : wanted)
        if (!replies[i++].entries.empty()) found.insert(value);
    co_return found;
}

asio::awaitable<Membership::Values> Membership::without_namesakes(std::shared_ptr<Connection> connection, Values values) {
    Values out;
    for (const auto& value : values) {
        bool is_free = false;
        if (holds_logins(value.attribute)) is_free = co_await people_.is_nobodys_login(connection, value.text);
        else is_free = co_await people_.is_nobody(connection, value.text);
        if (is_free) out.insert(value);
    }
    co_return out;
}

/// Values that the server took for one of those asked for, spelled as we would not have it: whose they are is where they lead.
asio::awaitable<Membership::Values> Membership::leading_to(std::shared_ptr<Connection> connection, std::string person_id, Values strange) {
    if (strange.size() > max_strange)
        throw PluginError(Reason::unreachable, connection->server() + " shows values that were not asked for, so whether the person is a member cannot be told");
    Values out;
    for (const auto& value : strange) {
        if (holds_logins(value.attribute)) continue;
        const bool is_theirs = co_await people_.is_at(connection, value.text, person_id);
        if (is_theirs) out.insert(value);
    }
    co_return out;
}

asio::awaitable<Membership::Values> Membership::held(std::shared_ptr<Connection> connection, Pair pair) {
    auto certain = own_values(pair);
    certain.merge(traces_.written(pair.group.id, pair.person_id));
    auto wanted = earlier_values(pair);
    wanted.insert(certain.begin(), certain.end());
    const auto found = co_await values_in_group(connection, pair.group, wanted);
    auto out = same_as(found, certain);
    const auto known = same_as(found, wanted);
    Values doubtful, strange;
    std::ranges::set_difference(known, out, std::inserter(doubtful, doubtful.end()));
    std::ranges::set_difference(found, known, std::inserter(strange, strange.end()));
    if (!strange.empty()) {
        const auto theirs = co_await leading_to(connection, pair.person_id, std::move(strange));
        out.insert(theirs.begin(), theirs.end());
    }
    if (!doubtful.empty()) {
        const auto free = co_await without_namesakes(connection, std::move(doubtful));
        out.insert(free.begin(), free.end());
    }
    co_return out;
}

/// For memberships from before this process: reads the whole group once, for names that lead to nobody.
asio::awaitable<Membership::Values> Membership::held_under_old_names(std::shared_ptr<Connection> connection, Pair pair) {
    if (dialect().is_named_by_id) co_return Values{};
    auto whole = co_await readings_.whole(connection, pair.group);
    if (!whole) whole = co_await read_whole(connection, pair.group, &dialect());
    std::size_t size = 0;
    for (const auto& attribute : pair.group.shape.attributes) size += whole->all(attribute).size();
    readings_.has_size(pair.group, size);
    auto likely = likely_values(pair, *whole);
    auto found = co_await without_namesakes(connection, std::move(likely));
    traces_.searched(pair.group.id, pair.person_id);
    for (const auto& value : found) traces_.wrote(pair.group.id, pair.person_id, value);
    co_return found;
}

asio::awaitable<boost::json::object> Membership::read_back(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                           PersonHint hint) {
    for (const bool must_be_fresh : {false, true}) {
        auto target = co_await groups_.locate(connection, group, must_be_fresh);
        const auto both = co_await pair(connection, std::move(target), person, hint);
        try {
            auto values = co_await held(connection, both);
            if (values.empty() && !traces_.is_known(both.group.id, both.person_id)) values = co_await held_under_old_names(connection, both);
            // What was written and is gone is forgotten: the name may be somebody else's one day.
            if (values.empty()) traces_.proved_absent(both.group.id, both.person_id);
            co_return seen(!values.empty(), connection->server());
        } catch (const EntryGone&) {
            if (must_be_fresh) break;
        }
    }
    throw PluginError(Reason::not_found, "the group is not there any more");
}

/// The write is done; a loss now costs only the reading.
asio::awaitable<std::optional<bool>> Membership::seen_after_write(std::shared_ptr<Connection> connection, Pair pair) {
    try {
        const auto values = co_await held(connection, std::move(pair));
        co_return !values.empty();
    } catch (const std::exception&) {
        co_return std::nullopt;
    }
}

asio::awaitable<boost::json::object> Membership::add(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                     std::chrono::steady_clock::time_point latest) {
    auto target = co_await groups_.writable(connection, group);
    PersonHint none;
    const auto both = co_await pair(connection, std::move(target), person, std::move(none));
    if (!both.is_among_people) throw PluginError(Reason::not_found, "nobody under " + people_.settings().base + " has the " + std::string(dialect().id_attribute) + " " + both.person_id);
    const auto& attribute = both.group.shape.attributes.front();
    const Value value{attribute, holds_logins(attribute) ? both.person->login : dialect().name_of(both.person_id, both.person->dn)};
    Values wanted;
    wanted.insert(value);
    auto modify = change(both.group, ChangeKind::add, wanted, dialect());
    if (std::chrono::steady_clock::now() > latest) throw PluginError(Reason::unreachable, "too late: the directory took its time, and nothing was sent");
    std::optional<Written> written;
    try {
        written = co_await write(connection, std::move(modify), both.group.id, &dialect());
    } catch (const EntryGone&) {
    } catch (const PluginError& error) {
        if (error.reason() == Reason::unknown_outcome) traces_.wrote(both.group.id, both.person_id, value);
        throw;
    }
    if (!written) co_await groups_.refuse_gone(connection, both.group);
    if (*written == Written::changed) traces_.wrote(both.group.id, both.person_id, value);
    const auto is_present = co_await seen_after_write(connection, both);
    co_return answer(*written == Written::changed ? "added" : "already_present", is_present, connection->server());
}

/// One modify that deletes; true when it did. Only the first may still be said to have changed nothing.
asio::awaitable<bool> Membership::take_away(std::shared_ptr<Connection> connection, Pair pair, Values values, bool is_first) {
    auto modify = change(pair.group, ChangeKind::remove, values, dialect());
    std::string trouble;
    try {
        const auto written = co_await write(connection, std::move(modify), pair.group.id, &dialect());
        co_return written == Written::changed;
    } catch (const std::exception& error) {
        if (is_first) throw;
        trouble = error.what();
    }
    throw PluginError(Reason::unknown_outcome, "a part was removed, the rest was not: " + trouble);
}

/// Old names, values under a second attribute, values a human put back: round after round until none is seen.
asio::awaitable<std::optional<bool>> Membership::take_away_the_rest(std::shared_ptr<Connection> connection, Pair pair, bool& has_removed) {
    bool must_search = !has_removed && (!traces_.is_known(pair.group.id, pair.person_id) || !pair.person ||
                                        (!pair.hint.login.empty() && pair.hint.login != pair.person->login) ||
                                        (!pair.hint.name.empty() && pair.hint.name != pair.person->name));
    for (int round = 0; round < max_rounds; ++round) {
        Values values;
        std::optional<std::string> lost;
        try {
            values = co_await held(connection, pair);
            if (values.empty() && std::exchange(must_search, false)) values = co_await held_under_old_names(connection, pair);
        } catch (const std::exception& error) {
            if (!has_removed) throw;  // once something was removed, what follows only costs the reading
            lost = error.what();
        }
        if (lost) co_return std::nullopt;
        if (values.empty()) {
            traces_.proved_absent(pair.group.id, pair.person_id);
            co_return false;
        }
        const bool is_done = co_await take_away(connection, pair, std::move(values), !has_removed);
        has_removed = has_removed || is_done;
    }
    co_return true;
}

asio::awaitable<boost::json::object> Membership::remove(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                        PersonHint hint) {
    auto target = co_await groups_.writable(connection, group);
    const auto both = co_await pair(connection, std::move(target), person, std::move(hint));
    bool has_removed = false, is_gone = false;
    std::optional<bool> is_present;
    try {
        // At first the one value that is most likely there, without looking: mostly that is all.
        auto first = traces_.written(both.group.id, both.person_id);
        if (first.empty()) first = own_values(both);
        if (first.size() > 1) first.erase(std::next(first.begin()), first.end());
        if (!first.empty()) has_removed = co_await take_away(connection, both, std::move(first), true);
        is_present = co_await take_away_the_rest(connection, both, has_removed);
    } catch (const EntryGone&) {
        is_gone = true;
    }
    if (is_gone) co_await groups_.refuse_gone(connection, both.group);
    co_return answer(has_removed ? "removed" : "already_absent", is_present, connection->server());
}

}  // namespace stint::directory_ldap
