// The use cases of app/service.hpp on the real parts: gather, one transaction, answer.
#pragma once

#include "app/changes.hpp"
#include "app/gather.hpp"
#include "app/holds.hpp"
#include "app/opener.hpp"
#include "app/reconciler.hpp"
#include "app/refusals.hpp"
#include "app/service.hpp"
#include "app/world.hpp"

#include <functional>
#include <map>

namespace stint {

class BrokerService final : public Service {
public:
    BrokerService(World& world, Gather& gather, Opener& opener, Reconciler& reconciler, Changes& changes, Holds& holds, Refusals& refusals);

    Answer<WhoamiView> whoami(Caller caller) override;
    Answer<std::vector<EntitlementView>> entitlements(Caller caller) override;
    Answer<RequestView> file(Caller caller, FileRequest command, std::string idempotency_key) override;
    Answer<RequestView> break_glass(Caller caller, BreakGlass command, std::string idempotency_key) override;
    Answer<RequestView> approve(Caller caller, RequestId id, Approve command) override;
    Answer<RequestView> deny(Caller caller, RequestId id, Deny command) override;
    Answer<RequestView> cancel(Caller caller, RequestId id) override;
    Answer<RequestView> extend(Caller caller, RequestId id, Extend command, std::string idempotency_key) override;
    Answer<RequestView> release(Caller caller, RequestId id, Release command) override;
    Answer<RequestView> revoke(Caller caller, RequestId id, Revoke command) override;
    Answer<RequestView> review(Caller caller, RequestId id, GiveVerdict command) override;
    Answer<RequestView> show(Caller caller, RequestId id) override;
    Answer<RequestPage> list(Caller caller, ListRequests command) override;
    Answer<std::vector<FindingView>> findings(Caller caller) override;
    Answer<EventPage> search(Caller caller, SearchEvents command) override;
    Answer<EventView> event(Caller caller, EventSeq seq) override;
    Answer<Told> changes(Caller caller, std::optional<RequestId> request, std::optional<EventSeq> after, Seconds patience,
                         std::shared_ptr<Listener> listener) override;
    Answer<std::shared_ptr<Hold>> hold(Caller caller, RequestId id) override;
    boost::asio::awaitable<Health> health() override;

private:
    using Decide = std::function<Result<Transition>(const Store&, const Policy&, const DeciderFacts&, const Now&)>;
    enum class Closes { no, yes };   ///< may it only take power away?
    /// One decision about a request that exists: who, then the core, then the answer.
    Answer<RequestView> decide(Caller caller, std::string verb, RequestId id, Closes closes, Decide decide);
    struct Filing {
        std::string verb, key, content;    ///< the content tells a retry from another use of its key
        EntitlementName entitlement;
        TicketId ticket;
        bool is_dry_run = false, is_attached = false;
        std::function<Result<Transition>(const Store&, const Policy&, const FilingFacts&, const Now&)> judge;
        /// For a dry run: every rule by name, and who could approve.
        std::function<std::vector<JudgedRule>(const Store&, const FilingFacts&, const Now&)> rules = {};
        std::vector<std::optional<int>> able = {};
    };
    [[nodiscard]] static std::string digest_of(const Filing& filing);
    [[nodiscard]] static Filing filing_of(const FileRequest& command, const std::string& idempotency_key);
    [[nodiscard]] static Filing filing_of(const BreakGlass& command, const std::string& idempotency_key, bool is_directory_down);
    /// Files what `judge` makes of the facts; opens it in the same transaction when policy alone approves it.
    Answer<RequestView> file_it(KnownCaller caller, FilingFacts facts, Filing filing, std::shared_ptr<const Policy> policy);
    Answer<RequestView> filed_earlier(Caller caller, Filing filing, Refusal otherwise);
    Answer<RequestView> break_glass_unseen(Caller caller, BreakGlass command, std::string idempotency_key);
    /// Who is asking for `verb`, a literal, and remembered for break-glass when the directory is down; who is nobody is on
    /// record. Throws as Gather::caller.
    Answer<KnownCaller> identify(Caller caller, std::string_view verb);
    /// Who is asking, for reading only: remembered for two seconds.
    Answer<KnownCaller> reader(Caller caller, std::string_view verb);
    /// Who is asking to read the log, or what stands for it: who may not is on record.
    Answer<KnownCaller> auditor(Caller caller, std::string_view verb);
    /// Who is asking about this one request. While the directory is down, whoever filed it is who it last told.
    Answer<KnownCaller> reader_of(Caller caller, RequestId id, std::string_view verb);
    /// A refusal that is no part of any other transaction. It stands as well when it cannot be written down.
    boost::asio::awaitable<void> write_down_refusal(Actor actor, std::string_view verb, Refusal refusal);
    /// Who filed this request, by what the directory last told; else directory_unreachable. They hold no group then.
    Answer<KnownCaller> requester_unseen(Caller caller, RequestId id);
    /// Who decides on it; its requester may close it without the directory.
    Answer<KnownCaller> decider(Caller caller, RequestId id, Closes closes, std::string_view verb);
    void remember_reader(const Caller& caller, const KnownCaller& known, std::shared_ptr<const Policy> policy);

    World& world_;
    Gather& gather_;
    Opener& opener_;
    Reconciler& reconciler_;
    Changes& changes_;
    Holds& holds_;
    Refusals& refusals_;
    struct Reader {
        KnownCaller caller;
        Deadline until;
        std::shared_ptr<const Policy> policy;   ///< whose groups they were seen in
    };
    std::map<std::pair<Login, std::optional<Login>>, Reader> readers_;
    Store::Counts counts_;                        ///< as they were counted last
    std::int64_t owed_ = 0;
    std::optional<Deadline> counted_until_;
    std::map<PersonId, PersonRef> met_;          ///< whom the store remembers already, as they were
};

}  // namespace stint
