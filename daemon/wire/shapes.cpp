// The problem document (RFC 9457), the one shape in which every refusal leaves the broker.
#include "wire/shapes.hpp"

#include <boost/json/value.hpp>

namespace stint::wire {

boost::json::object problem(const Refusal& refusal, int status) {
    const std::string code(to_text(refusal.code));
    return {
        {"schema_version", schema_version},
        {"type", "urn:stint:refusal:" + code},
        {"title", what_is_wrong(refusal.code)},
        {"status", status},
        {"detail", refusal.detail},
        {"code", code},
        {"advice", what_to_do(refusal.code)},
    };
}

}  // namespace stint::wire
