// Reading problem documents leniently (a broken answer must still become a clear message), writing trouble out.
#include "client/cli/trouble.hpp"

#include "log/log.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace stint::cli {
namespace {

std::string text_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

}  // namespace

Trouble trouble_from(int status, const boost::json::object& problem) {
    const std::string code = text_of(problem, "code");
    Trouble trouble(exit_of_problem(code, status), code.empty() ? "http_" + std::to_string(status) : code,
                    text_of(problem, "title"), text_of(problem, "advice"));
    if (trouble.what_is_wrong.empty()) trouble.what_is_wrong = "The broker answered with HTTP status " + std::to_string(status) + ".";
    trouble.detail = text_of(problem, "detail");
    trouble.status = status;
    if (const auto* request = problem.if_contains("request"); request != nullptr && request->is_int64())
        trouble.request = request->get_int64();
    return trouble;
}

boost::json::object to_json(const Trouble& trouble) {
    boost::json::object object{
        {"schema_version", 1},
        {"title", trouble.what_is_wrong},
        {"detail", trouble.detail},
        {"code", trouble.code},
        {"advice", trouble.advice},
        {"exit", static_cast<int>(trouble.exit)},
    };
    if (trouble.status != 0) object["status"] = trouble.status;
    if (trouble.request) object["request"] = *trouble.request;
    return object;
}

std::string lines_of(const Trouble& trouble) {
    std::string text = "stint: " + log::escaped(trouble.what_is_wrong) + "\n";
    if (!trouble.detail.empty()) text += "  why:  " + log::escaped(trouble.detail) + "\n";
    if (!trouble.advice.empty()) text += "  do:   " + log::escaped(trouble.advice) + "\n";
    text += "  code: " + log::escaped(trouble.code);
    if (trouble.request) text += ", request " + std::to_string(*trouble.request);
    return text + "\n";
}

Trouble usage_trouble(std::string what_is_wrong, std::string advice) {
    return {ExitCode::usage, "usage", std::move(what_is_wrong), std::move(advice)};
}

}  // namespace stint::cli
