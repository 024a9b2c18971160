// Bodies as the broker reads them: whatever is taken is written again as it was understood, and no refusal repeats
// what was sent.
#include "wire/json.hpp"
#include "wire/shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

using namespace stint;

void require(bool holds) {
    if (!holds) std::abort();
}

template <class Command>
void try_reading(const boost::json::object& object, Result<Command> (*from)(const boost::json::object&)) {
    const Result<Command> read = from(object);
    if (!read) {
        require(class_of(read.refusal().code) == RefusalClass::malformed);
        return;
    }
    const boost::json::object written = wire::to_json(read.value());
    const Result<Command> again = from(written);
    require(again.has_value() && wire::to_json(again.value()) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    boost::json::value value;
    try {
        value = wire::parse_json({reinterpret_cast<const char*>(data), size});
    } catch (const std::invalid_argument&) {
        return 0;
    }
    if (!value.is_object()) return 0;
    const boost::json::object& object = value.get_object();
    try_reading(object, wire::file_request_from);
    try_reading(object, wire::break_glass_from);
    try_reading(object, wire::approve_from);
    try_reading(object, wire::deny_from);
    try_reading(object, wire::extend_from);
    try_reading(object, wire::release_from);
    try_reading(object, wire::revoke_from);
    try_reading(object, wire::verdict_from);
    static_cast<void>(wire::nothing_from(object));
    return 0;
}
