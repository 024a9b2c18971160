// The seed's life, step by step.
#include "hospital.hpp"

#include "trace.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace stint::simulation {

namespace asio = boost::asio;

namespace {

const std::vector<std::string> lent_groups{"g1", "g2"};
constexpr Seconds settle{30};
/// After a failure of the disk the broker may need this long to write down what had come due meanwhile.
constexpr BootTime recovery = std::chrono::seconds(12);

SaltSource seeded_salts(std::mt19937_64& random) {
    return [&random](Salt& salt) {
        for (auto& byte : salt) byte = static_cast<std::byte>(random() & 0xFF);
    };
}

}  // namespace

Hospital::Hospital(std::uint64_t seed, std::filesystem::path folder)
    : random_(seed), disk_(seed), database_(folder / "stint.db"), policy_(hospital_policy()), io_(std::make_unique<asio::io_context>(1)), clock_(*io_),
      directory_(clock_, random_, settle), post_{Postbox("mail", clock_, random_), Postbox("chat", clock_, random_)}, staff_(random_),
      witness_(policy_, directory_, clock_), has_lag_(pick(3) == 0) {
    for (const auto& [login, memberships] : everybody()) directory_.put_person(login, memberships);
    directory_.ask_lending([this](const Pair& pair) {
        const Disk::Calm calm(disk_);
        return witness_.lending(*store_, pair);
    });
    disk_.on_flush([this] { meanwhile(); });
    start();
}

Hospital::~Hospital() { crash(); }

/// The process begins; what ends it at once is begun again a second later, as systemd does.
void Hospital::start() {
    for (int attempt = 0; !has_started(); ++attempt) {
        if (attempt == 5) disk_.set_faults({});
        clock_.advance(clock_.now().boot + std::chrono::seconds(1));
        directory_.let_happen();
    }
}

bool Hospital::has_started() {
    if (!io_) io_ = std::make_unique<asio::io_context>(1);
    clock_.restart(*io_);
    try {
        store_ = std::make_unique<Store>(database_, seeded_salts(random_));
    } catch (const StoreFault&) {
        return false;
    }
    broker_ = std::make_unique<Broker>(io_->get_executor(), *store_, clock_, Threading::inline_steps);
    AppSettings settings;
    settings.settle = settle;
    settings.round_every = Seconds(60);
    settings.sweep_every = Seconds(60);
    settings.jitter = [this] { return chance(); };
    world_ = std::make_unique<World>(World{io_->get_executor(), clock_, *broker_, directory_, nullptr, {&post_[0], &post_[1]}, settings,
                                           std::make_shared<const Policy>(policy_)});
    app_ = std::make_unique<App>(*world_);
    asio::co_spawn(*io_, app_->start("simulation"), [this](std::exception_ptr error) {
        has_start_failed_ = error != nullptr;
        if (!has_start_failed_) app_->door_opened();
    });
    troubled_at_ = clock_.elapsed();
    const Disk::Calm calm(disk_);
    witness_.starts(*store_);
    const std::string broken = staff_.broken_promise(*store_, true);
    require(broken.empty(), broken);
    return true;
}

/// Everything in memory is gone at once; the database is what the last commit left.
void Hospital::crash() {
    if (store_) {
        const Disk::Calm calm(disk_);
        for (Postbox& box : post_) {
            std::set<std::string> owed;
            for (const Owed& one : store_->owed(Channel{box.name(), false}, Utc::max(), 1'000'000)) owed.insert(one.key);
            box.crash(owed);
        }
    }
    disk_.stop();
    clock_.crash();
    directory_.crash();
    staff_.crash();
    io_.reset();
    app_.reset();
    world_.reset();
    broker_.reset();
    store_.reset();
    has_start_failed_ = false;
    disk_.start(pick(2) == 0);
}

void Hospital::crash_and_start() {
    ++tally_.crashes;
    trace("the broker is killed", clock_.elapsed(), std::string());
    {
        const Disk::Calm calm(disk_);
        witness_.look(*store_);
    }
    crash();
    // Now and then it was the whole machine, whose clock comes up as it likes.
    if (pick(4) == 0) {
        const Seconds off(pick(3) == 0 ? static_cast<int>(pick(600)) - 400 : 20);
        trace("the machine starts again", clock_.elapsed(), std::to_string(off.count()));
        witness_.clock_was_set();
        clock_.reboot("boot-" + std::to_string(++boots_), off);
    }
    start();
}

/// While the disk flushes, the io thread goes on.
void Hospital::meanwhile() {
    if (!io_ || pick(4) != 0) return;
    for (std::size_t left = 1 + pick(3); left > 0 && io_->poll_one() > 0; --left) {}
}

void Hospital::settle_handlers() {
    for (int turn = 0; io_->poll() > 0; ++turn) require(turn < 20'000, "the broker never comes to rest");
    io_->restart();
    if (disk_.failures() != failures_) troubled_at_ = clock_.elapsed();
    failures_ = disk_.failures();
    const Disk::Calm calm(disk_);
    witness_.look(*store_);
}

void Hospital::pass(Seconds length) {
    BootTime end = clock_.elapsed() + length;
    while (clock_.elapsed() < end) {
        settle_handlers();
        const bool has_lost_a_flush = disk_.failed_flushes() != failed_flushes_;
        failed_flushes_ = disk_.failed_flushes();
        if (has_start_failed_ || (has_lost_a_flush && pick(3) == 0)) {
            crash_and_start();
            continue;
        }
        clock_.advance(clock_.now().boot + (end - clock_.elapsed()));
        directory_.let_happen();
        ++tally_.steps;
        for (const std::string& broken : {directory_.conduct().violation(), staff_.violation(), post_[0].violation(), post_[1].violation()}) {
            require(broken.empty(), broken);
        }
    }
    settle_handlers();
}

void Hospital::act() {
    const double what = chance();
    if (what < 0.70) {
        RequestId last = [this] {
            const Disk::Calm calm(disk_);
            return store_->next_request();
        }();
        --last.value;
        staff_.ask(app_->service(), *io_, last, clock_.now().utc);
    } else if (what < 0.82) {
        trouble_directory();
    } else if (what < 0.85) {
        trouble_clock();
    } else if (what < 0.90) {
        trouble_disk();
    } else if (what < 0.93) {
        trouble_post();
    } else {
        // Somewhere between two handlers: after a commit and before its answer as well as anywhere else.
        for (std::size_t left = pick(40); left > 0 && io_->poll_one() > 0; --left) {}
        crash_and_start();
    }
}

void Hospital::trouble_directory() {
    const Pair pair{lent_groups[pick(lent_groups.size())], everybody()[pick(everybody().size() - 1)].first};
    switch (pick(9)) {
    case 0: directory_.set_down(true); break;
    case 1:
    case 2: directory_.set_down(false); break;
    case 3: {
        Faults faults{0.1 * chance(), 0.1 * chance(), 0.2 * chance(), 0.2 * chance(), 0.2 * chance(), 0.1 * chance(), 0, 0};
        (has_lag_ ? faults.stray : faults.wrong) = 0.3 * chance();
        directory_.set_faults(faults);
        break;
    }
    case 4:
    case 5: directory_.rival_write(pick(Replicas::servers), pair, true); break;
    case 6: directory_.rival_write(pick(Replicas::servers), pair, false); break;
    case 7: directory_.enable(pair.second, pick(2) == 0); break;
    case 8:
        if (!has_lag_) break;
        directory_.set_lag(std::chrono::seconds(pick(90)));
        directory_.fail_over(pick(Replicas::servers));
        break;
    default: break;
    }
}

void Hospital::trouble_clock() {
    const Seconds by(static_cast<int>(pick(600)) - 300);
    trace("the clock is set", clock_.elapsed(), std::to_string(by.count()));
    witness_.clock_was_set();
    clock_.step(by);
}

void Hospital::trouble_disk() {
    DiskFaults faults;
    switch (pick(4)) {
    case 0: faults.is_full = true; break;
    case 1: faults = {0.02 * chance(), 0.2 * chance(), 0.05 * chance(), false}; break;
    default: break;
    }
    trace(faults.is_full ? "the disk is full" : faults.flush > 0 ? "the disk fails" : "the disk is well", clock_.elapsed(), std::string());
    disk_.set_faults(faults);
}

void Hospital::trouble_post() {
    Postbox& box = post_[pick(post_.size())];
    box.set_down(pick(3) == 0);
    box.set_faults(0.3 * chance(), 0.2 * chance(), 0.1 * chance());
}

bool Hospital::is_well() const { return clock_.elapsed() - troubled_at_ >= recovery && !disk_.faults().is_full; }

void Hospital::check() {
    const Disk::Calm calm(disk_);
    witness_.check(*store_, is_well());
    const std::string broken = staff_.broken_promise(*store_, false);
    require(broken.empty(), broken);
}

Tally Hospital::run() {
    const int actions = 50 + static_cast<int>(pick(60));
    for (int action = 0; action < actions; ++action) {
        act();
        pass(Seconds(1 + static_cast<int>(pick(20))));
        check();
    }
    heal();
    end_well();
    tally_.asked = staff_.asked();
    tally_.answered = staff_.answered();
    tally_.grants = store_->counts().grants_total;
    tally_.disk_failures = disk_.failures();
    tally_.messages = post_[0].count() + post_[1].count();
    tally_.simulated_s = clock_.elapsed().count() / 1'000'000 - 10'000;
    crash();
    const auto differences = replay_and_compare(database_);
    require(differences.empty(), differences.empty() ? "" : "records and log differ: " + differences.front());
    return tally_;
}

void Hospital::heal() {
    disk_.set_faults({});
    directory_.heal(has_lag_);
    for (Postbox& box : post_) {
        box.set_faults(0, 0, 0);
        box.set_down(false);
    }
    for (const auto& [login, memberships] : everybody()) directory_.enable(login, true);
    // Somebody sets the clock right.
    const auto behind = witness_.latest_committed() - clock_.now().utc;
    if (behind <= std::chrono::seconds(0)) return;
    witness_.clock_was_set();
    clock_.step(behind);
}

}  // namespace stint::simulation
