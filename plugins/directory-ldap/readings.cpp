// An answer is a group's own only where id and place are those that were asked for, and every value is one that somebody
// asked for. Whatever else the server shows is left to those who ask alone.
#include "plugins/directory-ldap/readings.hpp"

#include "plugins/directory-ldap/dn.hpp"
#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;

constexpr std::size_t groups_at_once = 16, max_small = 128, max_sizes = 10'000, max_wanted = 8;

}  // namespace

Readings::Readings(std::string base, const Dialect& dialect)
    : base_(std::move(base)), dialect_(dialect),
      values_(groups_at_once, [this](std::shared_ptr<Connection> connection, std::vector<Question> questions) {
          return read_values(std::move(connection), std::move(questions));
      }),
      whole_(groups_at_once, [this](std::shared_ptr<Connection> connection, std::vector<Target> groups) {
          return read_whole_groups(std::move(connection), std::move(groups));
      }) {}

void Readings::has_size(const Target& group, std::size_t values) {
    if (sizes_.size() >= max_sizes) sizes_.clear();
    sizes_[group.id] = values;
}

bool Readings::is_small(const Target& group) const {
    const auto found = sizes_.find(group.id);
    return found != sizes_.end() && found->second <= max_small;
}

asio::awaitable<std::optional<Readings::Values>> Readings::values(std::shared_ptr<Connection> connection, Target group, Values wanted) {
    if (!dialect_.has_values_filter || !is_small(group) || wanted.empty() || wanted.size() > max_wanted) co_return std::nullopt;
    Question question{std::move(group), std::move(wanted)};
    co_return co_await values_.find(std::move(connection), std::move(question));
}

asio::awaitable<std::optional<Entry>> Readings::whole(std::shared_ptr<Connection> connection, Target group) {
    if (!dialect_.has_values_filter || !is_small(group)) co_return std::nullopt;
    co_return co_await whole_.find(std::move(connection), std::move(group));
}

Search Readings::search_for(const std::vector<Target>& groups) const {
    std::set<std::string> ids, attributes;
    for (const auto& group : groups) {
        ids.insert(group.id);
        attributes.insert(group.shape.attributes.begin(), group.shape.attributes.end());
    }
    std::vector<Filter> any;
    for (const auto& id : ids) any.push_back(dialect_.id_filter(id));
    Search what{.base = base_, .scope = Scope::subtree, .filter = Filter::any_of(any).text(), .attributes = {attributes.begin(), attributes.end()},
                .ends_a_call = true, .control = dialect_.search_control};
    what.attributes.emplace_back(dialect_.id_attribute);
    return what;
}

const Entry* Readings::entry_of(const Reply& reply, const Target& group) const {
    const auto found = std::ranges::find_if(reply.entries, [&](const Entry& entry) { return dialect_.id_of(entry) == group.id; });
    return found != reply.entries.end() && dn_key(found->dn) == dn_key(group.dn) ? &*found : nullptr;
}

asio::awaitable<Readings::ValueLookups::Answers> Readings::read_values(std::shared_ptr<Connection> connection,
                                                                       std::vector<Question> questions) const {
    ValueLookups::Answers answers(questions.size());
    std::vector<Target> groups;
    Values wanted, known;
    for (const auto& question : questions) {
        groups.push_back(question.group);
        wanted.insert(question.wanted.begin(), question.wanted.end());
        for (const auto& value : question.wanted) known.insert(comparable(value));
    }
    auto what = search_for(groups);
    what.only_values.assign(wanted.begin(), wanted.end());
    what.and_all_of.emplace_back(dialect_.id_attribute);
    Reply reply;
    try {
        reply = co_await search(std::move(connection), std::move(what));
    } catch (const sdk::PluginError&) {
        co_return answers;
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
        const auto& question = questions[i];
        const auto* entry = entry_of(reply, question.group);
        if (entry == nullptr) continue;
        Values own, found;
        for (const auto& value : question.wanted) own.insert(comparable(value));
        bool is_clear = true;
        for (const auto& value : values_of(*entry, question.group.shape)) {
            const auto key = comparable(value);
            if (own.contains(key)) found.insert(value);
            is_clear = is_clear && known.contains(key);  // else whose it is the server knows
        }
        if (is_clear) answers[i] = std::move(found);
    }
    co_return answers;
}

asio::awaitable<Readings::WholeLookups::Answers> Readings::read_whole_groups(std::shared_ptr<Connection> connection,
                                                                             std::vector<Target> groups) const {
    WholeLookups::Answers answers(groups.size());
    auto what = search_for(groups);
    Reply reply;
    try {
        reply = co_await search(std::move(connection), std::move(what));
    } catch (const sdk::PluginError&) {
        co_return answers;
    }
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (const auto* entry = entry_of(reply, groups[i])) answers[i] = *entry;
    co_return answers;
}

}  // namespace stint::directory_ldap
