// One epoll over all connections.
#include "tests/bench/crowd.hpp"

#include "tests/bench/caller.hpp"
#include "tests/bench/figures.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>

namespace stint::bench {

Wish wish(const Size& size, int n) {
    const int team = n % size.teams(), seat = n / size.teams() % Size::team, turn = n / size.people;
    const int choices = size.entitlements / size.kinds();
    return {team * Size::team + seat, team % size.kinds() + size.kinds() * ((turn + seat) % choices)};
}

double ask_for_all(const Broker& broker, const std::vector<Wish>& wishes, std::size_t clients, const std::string& duration) {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::optional<Caller>> places(clients);
    std::size_t next = 0, done = 0;
    const auto begin = Clock::now();
    const auto fill = [&](std::size_t place) {
        places[place].reset();
        if (next == wishes.size()) return;
        const Wish& wanted = wishes[next++];
        Caller& caller = places[place].emplace(broker.socket(), Broker::uid(wanted.person));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = place;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, caller.descriptor(), &event);
        caller.ask(Broker::entitlement(wanted.entitlement), duration);
    };
    for (std::size_t place = 0; place < clients; ++place) fill(place);
    std::array<epoll_event, 64> events{};
    while (done < wishes.size()) {
        const int count = ::epoll_wait(epoll, events.data(), events.size(), 60'000);
        if (count <= 0) throw std::runtime_error("nothing became ready within a minute");
        for (int i = 0; i < count; ++i) {
            const std::size_t place = events.at(static_cast<std::size_t>(i)).data.u64;
            places[place]->step();
            if (!places[place]->has_seen("ready")) continue;
            ++done;
            fill(place);
        }
    }
    ::close(epoll);
    return seconds_since(begin);
}

}  // namespace stint::bench
