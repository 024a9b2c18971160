// The seed's life, step by step.
#include "hospital.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace stint::simulation {

namespace asio = boost::asio;

namespace {

const std::vector<std::pair<std::string, std::vector<std::string>>> people{
    {"ada", {"helpdesk"}},         {"ben", {"owners", "helpdesk"}}, {"cho", {"owners", "privacy"}}, {"dee", {"oncall", "helpdesk"}},
    {"eve", {"privacy", "owners"}}, {"sam", {"soc"}},                {"fay", {"helpdesk"}},
};
const std::vector<std::string> entitlements{"reset", "both", "hard"};
const std::vector<std::string> groups{"g1", "g2"};
constexpr Seconds settle{30};

SaltSource seeded_salts(std::mt19937_64& random) {
    return [&random](Salt& salt) {
        for (auto& byte : salt) byte = static_cast<std::byte>(random() & 0xFF);
    };
}

void require(bool holds, const std::string& what) {
    if (!holds) throw Violation(what);
}

Caller caller(const std::string& login) { return Caller{Login(login), "peercred", "local uid 1000", std::nullopt}; }

}  // namespace

Hospital::Hospital(std::uint64_t seed, std::filesystem::path folder)
    : random_(seed), database_(folder / "stint.db"), policy_(hospital_policy()), io_(std::make_unique<asio::io_context>(1)), clock_(*io_),
      directory_(clock_, random_, settle) {
    for (const auto& [login, memberships] : people) directory_.put_person(login, memberships);
    start();
}

Hospital::~Hospital() { crash(); }

void Hospital::start() {
    if (!io_) io_ = std::make_unique<asio::io_context>(1);
    clock_.restart(*io_);
    store_ = std::make_unique<Store>(database_, seeded_salts(random_));
    broker_ = std::make_unique<Broker>(io_->get_executor(), *store_, clock_, Threading::inline_steps);
    AppSettings settings;
    settings.settle = settle;
    settings.round_every = Seconds(60);
    settings.sweep_every = Seconds(60);
    settings.jitter = [this] { return chance(); };
    world_ = std::make_unique<World>(World{io_->get_executor(), clock_, *broker_, directory_, nullptr, {}, settings,
                                           std::make_shared<const Policy>(policy_)});
    app_ = std::make_unique<App>(*world_);
    asio::co_spawn(*io_, app_->start("simulation"), asio::detached);
}

/// Everything in memory is gone at once; the database is what the last commit left.
void Hospital::crash() {
    clock_.crash();
    directory_.crash();
    io_.reset();
    app_.reset();
    world_.reset();
    broker_.reset();
    store_.reset();
}

void Hospital::settle_handlers() {
    for (int turn = 0; io_->poll() > 0; ++turn) require(turn < 20'000, "the broker never comes to rest");
    io_->restart();
}

void Hospital::pass(Seconds length) {
    const BootTime limit = clock_.now().boot + length;
    while (clock_.now().boot < limit) {
        settle_handlers();
        clock_.advance(limit);
        directory_.late_writes();
        ++tally_.steps;
        require(directory_.violation().empty(), directory_.violation());
    }
    settle_handlers();
}

RequestId Hospital::some_request() {
    const std::int64_t last = store_->next_request().value - 1;
    if (last < 1) return RequestId{1};
    const auto span = static_cast<std::size_t>(std::min<std::int64_t>(last, 8));
    return RequestId{last - static_cast<std::int64_t>(pick(span))};
}

asio::awaitable<void> Hospital::note(Service::Answer<RequestView> question) {
    try {
        const auto answer = co_await std::move(question);
        if (!answer) co_return;
        ++tally_.answered;
        told_[answer.value().id] = answer.value().entitlement;
    } catch (const Fault&) {
        // The directory was down; nothing was promised.
    }
}

void Hospital::ask_something() {
    const std::string login = people[pick(people.size())].first;
    Service& service = app_->service();
    ++tally_.asked;
    const RequestId id = some_request();
    switch (pick(9)) {
    case 0:
    case 1:
    case 2: {
        FileRequest command;
        command.entitlement = EntitlementName(entitlements[pick(3)]);
        command.reason = "because";
        command.duration = Seconds(20 + 40 * static_cast<int>(pick(20)));
        asio::co_spawn(*io_, note(service.file(caller(login), command, pick(2) == 0 ? "" : "key-" + std::to_string(++last_key_))), asio::detached);
        break;
    }
    case 3: {
        BreakGlass command;
        command.entitlement = EntitlementName(entitlements[pick(3)]);
        command.reason = "because";
        asio::co_spawn(*io_, note(service.break_glass(caller(login), command, "")), asio::detached);
        break;
    }
    case 4:
    case 5: asio::co_spawn(*io_, note(service.approve(caller(login), id, Approve{})), asio::detached); break;
    case 6: asio::co_spawn(*io_, note(service.release(caller(login), id, Release{})), asio::detached); break;
    case 7:
        if (pick(3) == 0) asio::co_spawn(*io_, note(service.revoke(caller(login), id, Revoke{"because"})), asio::detached);
        else asio::co_spawn(*io_, note(service.extend(caller(login), id, Extend{Seconds(60), "because"}, "")), asio::detached);
        break;
    case 8: asio::co_spawn(*io_, note(service.review(caller(login), id, GiveVerdict{true, "fine", {}})), asio::detached); break;
    default: break;
    }
}

void Hospital::trouble_something() {
    const FaultyDirectory::Pair pair{groups[pick(groups.size())], people[pick(people.size())].first};
    switch (pick(8)) {
    case 0: directory_.set_down(true); break;
    case 1:
    case 2: directory_.set_down(false); break;
    case 3: directory_.set_faults({0.1 * chance(), 0.1 * chance(), 0.2 * chance(), 0.2 * chance(), 0.2 * chance(), 0.1 * chance()}); break;
    case 4: directory_.rival_add(pair); break;
    case 5: directory_.rival_remove(pair); break;
    case 6: clock_.step(std::chrono::seconds(static_cast<int>(pick(600)) - 300)); break;
    case 7: directory_.enable(pair.second, pick(2) == 0); break;
    default: break;
    }
}

void Hospital::act() {
    const double what = chance();
    if (what < 0.70) ask_something();
    else if (what < 0.92) trouble_something();
    else {
        // Somewhere between two handlers: after a commit and before its answer as well as anywhere else.
        for (std::size_t left = pick(40); left > 0 && io_->poll_one() > 0; --left) {}
        ++tally_.crashes;
        crash();
        start();
    }
}

Tally Hospital::run() {
    const int actions = 60 + static_cast<int>(pick(60));
    for (int action = 0; action < actions; ++action) {
        act();
        pass(Seconds(1 + static_cast<int>(pick(20))));
        check();
    }
    directory_.set_down(false);
    directory_.set_faults({});
    for (const auto& [login, memberships] : people) directory_.enable(login, true);
    // What is due now, or falls due while we wait, is out within two minutes; back-off is a minute at the most.
    pass(Seconds(120));
    check();
    check_healed();
    tally_.grants = store_->counts().grants_total;
    tally_.simulated_s = clock_.now().boot.count() / 1'000'000 - 10'000;
    crash();
    const auto differences = replay_and_compare(database_);
    require(differences.empty(), differences.empty() ? "" : "records and log differ: " + differences.front());
    return tally_;
}

void Hospital::check() {
    const Now now = clock_.now();
    for (const auto& [id, entitlement] : told_) {
        const auto request = store_->request(id);
        require(request && request->entitlement.value == entitlement, "an answered request is lost: " + std::to_string(id.value));
    }
    for (RequestId id{1}; id < store_->next_request(); ++id.value) {
        const auto request = store_->request(id);
        require(request.has_value(), "a hole in the requests");
        std::vector<PersonId> approvers;
        for (const Approval& approval : store_->approvals(id)) {
            require(approval.approver.id != request->requester.id, "a requester decided");
            require(std::find(approvers.begin(), approvers.end(), approval.approver.id) == approvers.end(), "an approver counted twice");
            approvers.push_back(approval.approver.id);
        }
        if (request->kind == RequestKind::break_glass) require(store_->review(id).has_value(), "a break-glass without its review");
        const auto grant = store_->grant(id);
        if (!grant) continue;
        const Entitlement& rule = *policy_.find(grant->entitlement);
        if (request->kind == RequestKind::request) require(approvers.size() >= rule.stages.size(), "a grant without its approvals");
        require(grant->is_extended || grant->not_after.utc - grant->opened_at <= rule.duration.max, "a grant that is too long");
        require(!(is_open(grant->state) && has_passed(grant->not_after, now)), "an open grant past its end: " + std::to_string(id.value));
    }
}

void Hospital::check_healed() {
    for (const auto& [group, login] : directory_.ours()) {
        const auto membership = store_->membership_of(GroupId("gid-" + group), PersonId("id-" + login));
        require(membership.has_value(), "a membership of ours that nobody knows of: " + login + " in " + group);
        const auto holders = store_->holders(membership->id);
        const bool is_held = std::any_of(holders.begin(), holders.end(), [this](RequestId id) {
            const auto grant = store_->grant(id);
            return grant && !has_passed(grant->not_after, clock_.now());
        });
        require(is_held, "ORPHAN: " + login + " is still in " + group);
    }
    require(store_->counts().stuck == 0, "a removal is stuck although all is well");
}

}  // namespace stint::simulation
