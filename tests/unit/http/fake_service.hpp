// A Service that does as the test says and remembers how it was asked. Lives on the io thread, like the real one.
#pragma once

#include "app/service.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <map>
#include <string>
#include <vector>

namespace stint {

class FakeService : public Service {
public:
    struct Asked {
        std::string verb;
        Caller caller;
        std::int64_t id = 0;
        std::string said;   ///< the command's main text
        std::string key;
    };

    explicit FakeService(boost::asio::any_io_executor io) : io_(io), news_(io, forever), gate_(io, forever) {}

    std::vector<Asked> asked;
    std::optional<Refusal> refusal;       ///< answer everything with it
    std::exception_ptr trouble;           ///< or throw it
    std::exception_ptr stream_trouble;    ///< `changes` throws it
    bool is_gate_shut = false;            ///< everything waits until `open_gate`
    Health condition{true, true, true, true, 1, 9, 2, 3, 4, 5, 6, 7, 8};
    // Shared with the calls and holds they count: those that never end go with the io context, after the service.
    std::shared_ptr<int> live_holds = std::make_shared<int>(0);
    std::shared_ptr<int> calls_under_way = std::make_shared<int>(0);
    std::vector<Change> history;          ///< what `changes` tells

    void open_gate() {
        is_gate_shut = false;
        gate_.cancel();
    }
    void happen(std::int64_t seq, std::int64_t request, const std::string& state) {
        RequestView view = request_view(request);
        view.state = state;
        history.push_back({EventSeq{seq}, view});
        news_.cancel();
    }

    static RequestView request_view(std::int64_t id) {
        RequestView view;
        view.id = RequestId{id};
        view.kind = "request";
        view.state = "pending";
        view.entitlement = "ehr-password-reset";
        view.title = "Reset a clinician's EHR password";
        view.risk = "medium";
        view.requester = {"ada", "Ada Osei"};
        view.ticket = "INC0001";
        view.reason = "locked out";
        view.duration = Seconds(1800);
        view.created_at = Utc(std::chrono::seconds(1'800'000'000));
        view.lapses_at = view.created_at + std::chrono::hours(4);
        view.stages = {{1, 1, 0, {"ehr-owners"}, false, 2}};
        view.approvals = {{1, {"ben", "Ben Adeyemi"}, true, view.created_at, "ok", Seconds(600)}};
        view.memberships = {{"ehr-reset", "ldap1", view.created_at, {}, {}, {}, {}, "", false, 0}};
        view.review = ReviewView{"due", view.created_at, PersonView{"cy", "Cy"}, {}, "", "", {"privacy"}};
        view.preview = PreviewView{view.created_at, {"seen", "open", "ada"}, {{"ticket", "INC0001 is open, assigned to ada"}}};
        view.policy_hash = std::string(64, 'a');
        view.may = {"cancel"};
        return view;
    }

    Answer<WhoamiView> whoami(Caller caller) override {
        const auto me = PersonView{caller.act_as.value_or(caller.login).value, "Somebody"};
        std::optional<PersonView> acting;
        if (caller.act_as) acting = PersonView{caller.login.value, "Somebody"};
        return answer(Asked{"whoami", caller, 0, "", ""}, WhoamiView{me, "uuid-1", {"auditor"}, {"helpdesk"}, acting});
    }
    Answer<std::vector<EntitlementView>> entitlements(Caller caller) override {
        return answer(Asked{"entitlements", caller, 0, "", ""},
                      std::vector<EntitlementView>{{"ehr-password-reset", "Reset", "medium", "write", {"ehr-reset"}, Seconds(1800), Seconds(7200), true,
                                                    {"callback"}, 1, true, true, Seconds(3600)}});
    }
    Answer<RequestView> file(Caller caller, FileRequest command, std::string key) override {
        return answer(Asked{"file", caller, 0, command.reason, key}, request_view(17));
    }
    Answer<RequestView> break_glass(Caller caller, BreakGlass command, std::string key) override {
        return answer(Asked{"break_glass", caller, 0, command.reason, key}, request_view(18));
    }
    Answer<RequestView> approve(Caller caller, RequestId id, Approve command) override { return one("approve", caller, id, command.comment); }
    Answer<RequestView> deny(Caller caller, RequestId id, Deny command) override { return one("deny", caller, id, command.comment); }
    Answer<RequestView> cancel(Caller caller, RequestId id) override { return one("cancel", caller, id, ""); }
    Answer<RequestView> extend(Caller caller, RequestId id, Extend command, std::string key) override {
        return answer(Asked{"extend", caller, id.value, command.reason, key}, request_view(19));
    }
    Answer<RequestView> release(Caller caller, RequestId id, Release command) override { return one("release", caller, id, command.resolution); }
    Answer<RequestView> revoke(Caller caller, RequestId id, Revoke command) override { return one("revoke", caller, id, command.reason); }
    Answer<RequestView> review(Caller caller, RequestId id, GiveVerdict command) override { return one("review", caller, id, command.comment); }
    Answer<RequestView> show(Caller caller, RequestId id) override { return one("show", caller, id, ""); }
    Answer<RequestPage> list(Caller caller, ListRequests command) override {
        const std::string said = std::to_string(static_cast<int>(command.filter)) + "/" + std::to_string(command.limit);
        return answer(Asked{"list", caller, command.before.value_or(RequestId{}).value, said, ""},
                      RequestPage{{request_view(17), request_view(16)}, RequestId{16}});
    }
    Answer<std::vector<FindingView>> findings(Caller caller) override {
        return answer(Asked{"findings", caller, 0, "", ""},
                      std::vector<FindingView>{{FindingId{1}, "standing_member", Utc{}, Utc{}, RequestId{1}, "g", PersonView{"ada", "Ada"}, "text"}});
    }
    Answer<EventPage> search(Caller caller, SearchEvents command) override {
        return answer(Asked{"search", caller, command.request.value_or(RequestId{}).value, command.type + "|" + command.person + "|" + command.origin, ""},
                      EventPage{{event_view(9)}, EventSeq{9}});
    }
    Answer<EventView> event(Caller caller, EventSeq seq) override { return answer(Asked{"event", caller, seq.value, "", ""}, event_view(seq.value)); }

    Answer<Told> changes(Caller caller, std::optional<RequestId> request, std::optional<EventSeq> after, Seconds patience,
                         std::shared_ptr<Listener> listener) override {
        const Under under(*this);
        asked.push_back({"changes", caller, request.value_or(RequestId{}).value, after ? std::to_string(after->value) : "", ""});
        if (stream_trouble) std::rethrow_exception(stream_trouble);
        if (refusal) co_return *refusal;
        Told told;
        if (!after && request) {
            told.changes.push_back({EventSeq{1}, request_view(request->value)});
            told.through = EventSeq{1};
            co_return std::move(told);
        }
        const EventSeq from = after.value_or(history.empty() ? EventSeq{0} : history.back().seq);
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            told.through = from;
            for (const Change& change : history) {
                if (change.seq > from && (!request || change.request.id == *request)) told.changes.push_back(change);
            }
            if (!told.changes.empty()) told.through = told.changes.back().seq;
            if (!told.changes.empty() || std::chrono::steady_clock::now() >= until) co_return std::move(told);
            if (listener->is_gone()) co_return std::move(told);
            listener->on_leave([this] { news_.cancel(); });
            news_.expires_at(until);
            boost::system::error_code woken;
            co_await news_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
        }
    }

    Answer<std::shared_ptr<Hold>> hold(Caller caller, RequestId id) override {
        struct Counted : Hold {
            explicit Counted(std::shared_ptr<int> live) : live_(std::move(live)) { ++*live_; }
            ~Counted() override { --*live_; }
            std::shared_ptr<int> live_;
        };
        return answer(Asked{"hold", caller, id.value, "", ""}, std::shared_ptr<Hold>(std::make_shared<Counted>(live_holds)));
    }

    boost::asio::awaitable<Health> health() override {
        if (trouble) std::rethrow_exception(trouble);
        co_return condition;
    }

private:
    static constexpr auto forever = std::chrono::hours(24);
    struct Under {
        explicit Under(FakeService& of) : count(of.calls_under_way) { ++*count; }
        ~Under() { --*count; }
        Under(const Under&) = delete;
        Under& operator=(const Under&) = delete;
        std::shared_ptr<int> count;
    };

    static EventView event_view(std::int64_t seq) {
        return {EventSeq{seq}, Utc{}, "request.filed", RequestId{17}, PersonView{"ada", "Ada"}, "ehr", "INC0001", "{}", {{"reason", "locked out"}}};
    }
    Answer<RequestView> one(std::string verb, Caller caller, RequestId id, std::string said) {
        return answer(Asked{std::move(verb), std::move(caller), id.value, std::move(said), ""}, request_view(id.value));
    }
    template <class T>
    Answer<T> answer(Asked how, T value) {
        const Under under(*this);
        asked.push_back(how);
        while (is_gate_shut) {
            boost::system::error_code opened;
            gate_.expires_after(forever);
            co_await gate_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, opened));
        }
        if (trouble) std::rethrow_exception(trouble);
        if (refusal) co_return *refusal;
        co_return value;
    }

    boost::asio::any_io_executor io_;
    boost::asio::steady_timer news_, gate_;
};

}  // namespace stint
