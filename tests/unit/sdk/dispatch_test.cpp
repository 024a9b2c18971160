// What an outside server said goes into answers: each is one line of JSON in UTF-8 whatever that was, or the broker ends
// the plugin for talking nonsense.
#include "plugins/sdk/dispatch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace stint::sdk {
namespace {

namespace json = boost::json;

/// Fails, or answers, with the text it was made with.
class Parrot : public Plugin {
public:
    explicit Parrot(std::string words) : words_(std::move(words)) {}
    Identity initialize(const json::object&, Notify notify) override {
        notify_ = std::move(notify);
        return {.name = "parrot", .version = "1", .kind = "directory", .capabilities = {}};
    }
    boost::asio::awaitable<json::object> call(std::string_view method, json::object) override {
        if (method == "fail") throw PluginError(Reason::refused, words_, 19);
        if (method == "notify") notify_("changed", {{"group", words_}});
        json::object out;
        out["name"] = words_;
        co_return out;
    }

private:
    std::string words_;
    Notify notify_;
};

/// The lines that the dispatcher sends when this method is called.
std::vector<std::string> lines_of(const std::string& words, const std::string& method) {
    boost::asio::io_context io;
    Parrot plugin(words);
    std::vector<std::string> lines;
    const auto keep = [&](std::string line) { lines.push_back(std::move(line)); };
    const auto dispatcher = std::make_shared<Dispatcher>(io.get_executor(), plugin, keep, keep, [] {});
    dispatcher->line(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1,"kind":"directory","settings":{}}})");
    lines.clear();
    dispatcher->line(R"({"jsonrpc":"2.0","id":2,"method":")" + method + R"(","params":{}})");
    io.run();
    dispatcher->stop();
    return lines;
}

/// Throws when it is no JSON in UTF-8.
json::object parsed(const std::string& line) { return json::parse(line).as_object(); }

std::string message_for(const std::string& words) {
    const auto error = parsed(lines_of(words, "fail").at(0)).at("error").as_object();
    EXPECT_EQ(error.at("data").at("detail"), error.at("message"));
    EXPECT_EQ(error.at("data").at("reason").as_string(), "refused");
    return std::string(error.at("message").as_string());
}

TEST(Dispatch, WordsThatAreNoUtf8AreToldWithReplacementCharacters) {
    EXPECT_EQ(message_for("pas d\xE9sir\xE9"), "pas d\xEF\xBF\xBDsir\xEF\xBF\xBD");
    EXPECT_EQ(message_for("\xED\xA0\x80 \xC0\x80 \xF5"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD");
    EXPECT_EQ(message_for("h\xC3\xA9 \xE6\x9D\x8E \xF0\x9F\x94\x91\n"), "h\xC3\xA9 \xE6\x9D\x8E \xF0\x9F\x94\x91\n") << "what is UTF-8 stays as it is";
    EXPECT_EQ(message_for("cut off \xE6\x9D"), "cut off \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Dispatch, LongWordsAreCutAtACharacter) {
    EXPECT_EQ(message_for(std::string(5000, 'a')), std::string(4096, 'a'));
    for (std::size_t before = 4090; before <= 4096; ++before) {
        const auto message = message_for(std::string(before, 'a') + "\xF0\x9F\x94\x91\xF0\x9F\x94\x91");
        EXPECT_EQ(message, std::string(before, 'a') + (before + 4 <= 4096 ? "\xF0\x9F\x94\x91" : ""));
    }
    EXPECT_LE(message_for(std::string(1'000'000, '\xFF')).size(), 4096U);
}

TEST(Dispatch, AnswersAndNotificationsAreUtf8Too) {
    EXPECT_EQ(parsed(lines_of("Zo\xEB", "answer").at(0)).at("result").at("name").as_string(), "Zo\xEF\xBF\xBD");
    const auto lines = lines_of("Zo\xEB", "notify");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(parsed(lines.at(0)).at("params").at("group").as_string(), "Zo\xEF\xBF\xBD");
}

TEST(Dispatch, WhateverIsSaidTheLineCanBeRead) {
    EXPECT_TRUE(rc::check("any bytes", [](const std::string& words) {
        for (const auto* method : {"fail", "answer"})
            for (const auto& line : lines_of(words, method)) (void)parsed(line);
    }));
}

}  // namespace
}  // namespace stint::sdk
