// From records to what a person is shown. Reads the ledger, decides nothing but which verbs to offer.
#pragma once

#include "app/gather.hpp"
#include "core/filing.hpp"
#include "core/ledger.hpp"
#include "core/view.hpp"
#include "store/store.hpp"

#include <optional>

namespace stint {

/// The request as this caller sees it, with what they may do about it. Nothing when it is not there or not theirs to see.
[[nodiscard]] std::optional<RequestView> view_request(const Ledger& ledger, const Policy& policy, const KnownCaller& caller, RequestId id,
                                                      const Now& now);
/// Adds what a dry run has learned. `able` as Gather::able tells it.
void add_preview(RequestView& view, const std::vector<JudgedRule>& rules, const TicketFacts& ticket, const std::vector<std::optional<int>>& able,
                 const Now& now);
[[nodiscard]] EntitlementView view_entitlement(const Entitlement& entitlement, const KnownCaller& caller);
[[nodiscard]] WhoamiView view_caller(const Policy& policy, const KnownCaller& caller);
[[nodiscard]] FindingView view_finding(const Store& store, const Finding& finding);
/// The event, with what its commitments stand for.
[[nodiscard]] EventView view_event(const Store& store, const StoredEvent& event);

}  // namespace stint
