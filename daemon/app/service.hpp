// The use cases, as the doors call them: one function a verb. Each gathers, then goes through the one door
// (Broker), then answers with what the caller may see. No sockets, no JSON, no SQL here.
#pragma once

#include "core/command.hpp"
#include "core/result.hpp"
#include "core/view.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stint {

struct RequestPage {
    std::vector<RequestView> requests;
    std::optional<RequestId> next;   ///< pass as `before` for the next page
};

struct EventPage {
    std::vector<EventView> events;
    std::optional<EventSeq> next;
};

/// A request as it was when an event had happened to it; `seq` goes out as the SSE id.
struct Change {
    EventSeq seq;
    RequestView request;
};

struct Told {
    std::vector<Change> changes;
    EventSeq through;                ///< everything up to here is told or was not for this caller: pass it as `after`
};

/// Somebody who waits for changes, until they leave. On the io thread alone.
class Listener {
public:
    void leave() {
        is_gone_ = true;
        if (const auto told = std::exchange(then_, nullptr)) told();
    }
    [[nodiscard]] bool is_gone() const noexcept { return is_gone_; }
    /// What is done when they leave; the last one counts.
    void on_leave(std::function<void()> then) { then_ = std::move(then); }

private:
    std::function<void()> then_;
    bool is_gone_ = false;
};

/// A client's claim on an attached request. When the last handle goes, the broker releases the grant (or
/// cancels the request when it is still waiting).
class Hold {
public:
    virtual ~Hold() = default;
};

struct Health {
    bool is_ready = false;           ///< the first round over all memberships has passed
    bool has_policy = false;         ///< one is in force; without it nothing can be asked for
    bool is_directory_reachable = false;
    bool is_store_writable = false;
    std::int64_t open_grants = 0, closing_grants = 0, overdue = 0, stuck = 0, pending = 0, outbox = 0, findings = 0;
    std::int64_t grants_total = 0, removals_proven_total = 0;
};

/// All members are called on the io thread; a broken world arrives as an exception (ports/fault.hpp,
/// StoreFault), an expected refusal as a value.
class Service {
public:
    virtual ~Service() = default;
    template <class T>
    using Answer = boost::asio::awaitable<Result<T>>;

    [[nodiscard]] virtual Answer<WhoamiView> whoami(Caller caller) = 0;
    [[nodiscard]] virtual Answer<std::vector<EntitlementView>> entitlements(Caller caller) = 0;
    /// `idempotency_key` "" for none. With the same key and the same content the same request is answered, once filed.
    [[nodiscard]] virtual Answer<RequestView> file(Caller caller, FileRequest command, std::string idempotency_key) = 0;
    [[nodiscard]] virtual Answer<RequestView> break_glass(Caller caller, BreakGlass command, std::string idempotency_key) = 0;
    [[nodiscard]] virtual Answer<RequestView> approve(Caller caller, RequestId id, Approve command) = 0;
    [[nodiscard]] virtual Answer<RequestView> deny(Caller caller, RequestId id, Deny command) = 0;
    [[nodiscard]] virtual Answer<RequestView> cancel(Caller caller, RequestId id) = 0;
    /// Files a request of kind `extension`, with a number of its own and approvals of its own.
    [[nodiscard]] virtual Answer<RequestView> extend(Caller caller, RequestId id, Extend command, std::string idempotency_key) = 0;
    [[nodiscard]] virtual Answer<RequestView> release(Caller caller, RequestId id, Release command) = 0;
    [[nodiscard]] virtual Answer<RequestView> revoke(Caller caller, RequestId id, Revoke command) = 0;
    [[nodiscard]] virtual Answer<RequestView> review(Caller caller, RequestId id, GiveVerdict command) = 0;

    [[nodiscard]] virtual Answer<RequestView> show(Caller caller, RequestId id) = 0;
    [[nodiscard]] virtual Answer<RequestPage> list(Caller caller, ListRequests command) = 0;
    [[nodiscard]] virtual Answer<std::vector<FindingView>> findings(Caller caller) = 0;
    [[nodiscard]] virtual Answer<EventPage> search(Caller caller, SearchEvents command) = 0;
    [[nodiscard]] virtual Answer<EventView> event(Caller caller, EventSeq seq) = 0;

    /// The changes after `after` that the caller may see (of one request, or of all); waits until there is at least
    /// one, at most `patience` and no longer than the listener stays, then answers with none; sooner where many events are
    /// nothing of theirs. `after` absent: from now on, but with `request` its present state at once.
    [[nodiscard]] virtual Answer<Told> changes(Caller caller, std::optional<RequestId> request, std::optional<EventSeq> after,
                                               Seconds patience, std::shared_ptr<Listener> listener) = 0;
    /// Refused unless the caller filed this request as attached.
    [[nodiscard]] virtual Answer<std::shared_ptr<Hold>> hold(Caller caller, RequestId id) = 0;

    [[nodiscard]] virtual boost::asio::awaitable<Health> health() = 0;
};

}  // namespace stint
