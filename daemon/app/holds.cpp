// A connection that died is a release on the person's behalf; the log says that it was the connection.
#include "app/holds.hpp"

#include "core/closing.hpp"
#include "core/filing.hpp"

namespace stint {

class Holds::Claim final : public Hold {
public:
    Claim(Holds& owner, RequestId id) : owner_(owner), id_(id), is_owner_alive_(owner.is_alive_) {}
    ~Claim() override {
        if (const auto alive = is_owner_alive_.lock()) owner_.released(id_);
    }

private:
    Holds& owner_;
    RequestId id_;
    std::weak_ptr<bool> is_owner_alive_;
};

std::shared_ptr<Hold> Holds::take(RequestId id) {
    ++counts_[id];
    return std::make_shared<Claim>(*this, id);
}

void Holds::released(RequestId id) {
    const auto found = counts_.find(id);
    if (found == counts_.end() || --found->second > 0) return;
    counts_.erase(found);
    if (!is_letting_go_) spawn(world_, "release", drop(id));
}

boost::asio::awaitable<void> Holds::drop(RequestId id) {
    for (;;) {
        try {
            auto job = [id](Transaction& transaction) {
                const auto request = transaction.store().request(id);
                const auto grant = transaction.store().grant(id);
                if (grant) {
                    transaction.apply(begin_closing(transaction.store(), *grant, CloseReason::released, broker_actor("connection"), {}));
                } else if (request && !has_ended(request->state)) {
                    Transition transition;
                    transition.add(header_of(*request, broker_actor("connection")), RequestCancelled{});
                    transaction.apply(transition);
                }
                return true;
            };
            co_await world_.broker.run(job);
            co_return;
        } catch (const StoreFault&) {
            // It ends at its time in any case; until then this goes on trying.
        }
        co_await world_.clock.sleep_for(std::chrono::seconds(1));
        if (is_held(id)) co_return;
    }
}

boost::asio::awaitable<void> Holds::drop_unclaimed() {
    RequestId last{};
    for (;;) {
        auto job = [last](Transaction& transaction) {
            std::vector<Grant> page;
            for (const RequestId id : transaction.store().open_grants(last, 200)) {
                if (auto grant = transaction.store().grant(id)) page.push_back(std::move(*grant));
            }
            return page;
        };
        const auto page = co_await world_.broker.look(job);
        if (page.empty()) co_return;
        for (const Grant& grant : page) {
            last = grant.id;
            if (grant.is_attached && !is_held(grant.id)) co_await drop(grant.id);
        }
    }
}

}  // namespace stint
