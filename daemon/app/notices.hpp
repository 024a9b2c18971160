// What people are told, in words. Composed from the records at the moment of sending; no free text of a user goes out.
#pragma once

#include "core/effect.hpp"
#include "core/notice.hpp"
#include "store/store.hpp"

#include <optional>

namespace stint {

/// The message for this effect, without recipients. Nothing when the records it is about are gone.
[[nodiscard]] std::optional<Notice> compose(const NotifyPeople& effect, const Store& store, Utc now);

}  // namespace stint
