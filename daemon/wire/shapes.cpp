// The problem document (RFC 9457), the one shape in which every refusal leaves the broker.
#include "wire/shapes.hpp"

#include <boost/json/value.hpp>

namespace stint::wire {

boost::json::object problem(const ProblemText& text, int status) {
    return {
        {"schema_version", schema_version},
        {"type", "urn:stint:refusal:" + std::string(text.code)},
        {"title", text.title},
        {"status", status},
        {"detail", text.detail},
        {"code", text.code},
        {"advice", text.advice},
    };
}

boost::json::object problem(const Refusal& refusal, int status) {
    return problem({to_text(refusal.code), what_is_wrong(refusal.code), refusal.detail, what_to_do(refusal.code)}, status);
}

}  // namespace stint::wire
