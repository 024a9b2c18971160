// A watch is a timer that is cancelled when there is news, and remembers it: the news may come between the look and
// the wait, even in the batch of commands that the look was part of. Only people's patience is measured here.
#include "app/changes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace stint {

std::shared_ptr<Changes::Watch> Changes::watch(RequestId request) {
    auto watch = std::make_shared<Watch>(io_);
    watch->has_news_ = is_over_;
    const auto is_gone = [](const auto& one) { return one.expired(); };
    if (watched_.size() >= clean_at_) {
        std::erase_if(watched_, [&](const auto& entry) { return std::all_of(entry.second.begin(), entry.second.end(), is_gone); });
        clean_at_ = std::max<std::size_t>(64, 2 * watched_.size());
    }
    Watches& watches = watched_[request];
    std::erase_if(watches, is_gone);
    watches.push_back(watch);
    return watch;
}

boost::asio::awaitable<bool> Changes::wait(std::shared_ptr<Watch> watch, Seconds patience) {
    if (watch->has_news_) co_return true;
    watch->bell_.expires_after(patience);
    boost::system::error_code woken;
    co_await watch->bell_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    co_return watch->has_news_;
}

void Changes::ring(Watches& watches) {
    for (const auto& one : watches) {
        if (const auto watch = one.lock()) end(*watch);
    }
    watches.clear();
}

void Changes::end(Watch& watch) {
    watch.has_news_ = true;
    watch.bell_.cancel();
}

void Changes::wake(RequestId key) {
    const auto found = watched_.find(key);
    if (found == watched_.end()) return;
    ring(found->second);
    watched_.erase(found);
}

void Changes::happened(RequestId request) {
    wake(request);
    wake(RequestId{});
}

void Changes::end() {
    is_over_ = true;
    for (auto& [request, watches] : watched_) ring(watches);
    watched_.clear();
}

}  // namespace stint
