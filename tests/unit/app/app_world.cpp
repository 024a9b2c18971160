// See the header. A full disk is a limit on the length of files: SQLite's own writes fail.
#include "tests/unit/app/app_world.hpp"

#include "store/db.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace stint::testing {

namespace asio = boost::asio;
using simulation::Fate;
using simulation::FakeCall;

namespace {

std::filesystem::path scratch() {
    const std::string roomy = std::filesystem::exists("/dev/shm") ? "/dev/shm/" : ::testing::TempDir();
    std::string pattern = roomy + "stint-app-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder: " + pattern);
    return pattern;
}

void limit_files(rlim_t bytes) {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

AppWorld::AppWorld()
    : directory_({[this](const FakeCall& call) {
                      calls_.push_back(call);
                      return fate_ ? fate_(call) : Fate{};
                  },
                  [this](simulation::Delay length) { return clock_.sleep_for(length); },
                  {}}),
      folder_(scratch()) {
    for (const std::string group : {"helpdesk", "soc", "g-one", "g-two"}) directory_.put_group(group, true);
    settings_.settle = Seconds(30);
}

AppWorld::~AppWorld() {
    empty_disk();
    crash();
    std::filesystem::remove_all(folder_);
}

void AppWorld::crash() {
    clock_.crash();
    io_.reset();
    app_.reset();
    world_.reset();
    broker_.reset();
    store_.reset();
    io_ = std::make_unique<asio::io_context>(1);
    clock_.restart(*io_);
}

void AppWorld::person(const std::string& login, bool is_enabled) {
    directory_.put_person(login, login, is_enabled);
    directory_.put_member("helpdesk", login);
}

void AppWorld::by_hand(const std::string& sql) {
    Db db(folder_ / "stint.db", Db::Access::read_write);
    db.script(sql);
}

void AppWorld::start() {
    start_behind_the_door();
    app_->door_opened();
    pass(Seconds(1));
}

void AppWorld::start_behind_the_door() {
    store_ = std::make_unique<Store>(folder_ / "stint.db", [](Salt& salt) { salt.fill(std::byte{7}); });
    broker_ = std::make_unique<Broker>(io_->get_executor(), *store_, clock_, Threading::inline_steps);
    world_ = std::make_unique<World>(World{io_->get_executor(), clock_, *broker_, directory_, nullptr, notifiers_, settings_,
                                           std::make_shared<const Policy>(policy_)});
    app_ = std::make_unique<App>(*world_);
    asio::co_spawn(*io_, app_->start("test"), asio::detached);
    pass(Seconds(1));
}

void AppWorld::run_ready() {
    for (int turn = 0; io_->poll() > 0; ++turn)
        if (turn > 100'000) throw std::runtime_error("the broker never comes to rest");
    io_->restart();
}

void AppWorld::pass(std::chrono::microseconds length) {
    const BootTime limit = clock_.now().boot + length;
    do run_ready();
    while (clock_.advance(limit));
    run_ready();
}

RequestId AppWorld::ask(const std::string& login, const std::string& entitlement, Seconds duration) {
    const auto answer = answer_of(app_->service().file(caller(login), wish(entitlement, duration), ""));
    if (answer && *answer) return answer->value().id;
    ADD_FAILURE() << login << " was refused " << entitlement;
    return {};
}

std::optional<RefusalCode> AppWorld::refused(const std::string& login, const std::string& entitlement) {
    const auto answer = answer_of(app_->service().file(caller(login), wish(entitlement, Seconds(600)), ""));
    if (!answer || *answer) return std::nullopt;
    return answer->refusal().code;
}

bool AppWorld::is_logged(const std::string& text) const {
    for (EventSeq seq{1}; const auto event = store_->event(seq); ++seq.value)
        if (event->entry.find(text) != std::string::npos) return true;
    return false;
}

std::vector<std::string> AppWorld::differences() const { return replay_and_compare(folder_ / "stint.db"); }

GrantState AppWorld::state(RequestId id) const {
    const auto grant = store_->grant(id);
    return grant ? grant->state : GrantState{};
}

int AppWorld::asked(const std::string& verb) const {
    return static_cast<int>(std::count_if(calls_.begin(), calls_.end(), [&](const FakeCall& call) { return call.verb == verb; }));
}

void AppWorld::fill_disk() {
    is_disk_full_ = true;
    std::signal(SIGXFSZ, SIG_IGN);
    limit_files(0);
}

void AppWorld::empty_disk() {
    if (std::exchange(is_disk_full_, false)) limit_files(RLIM_INFINITY);
}

}  // namespace stint::testing
