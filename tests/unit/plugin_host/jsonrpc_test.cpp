// Framing and shapes of the plugin protocol, both directions.
#include "wire/jsonrpc.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <vector>

namespace stint::wire {
namespace {

std::vector<std::string> all_of(LineSplitter& splitter) {
    std::vector<std::string> lines;
    while (auto line = splitter.next()) lines.push_back(*line);
    return lines;
}

TEST(LineSplitter, gives_whole_lines_however_they_arrive) {
    EXPECT_TRUE(rc::check([](const std::string& bytes, std::vector<std::uint8_t> sizes) {
        LineSplitter splitter;
        std::vector<std::string> lines, expected;
        std::string_view rest = bytes;
        for (const std::uint8_t size : sizes) {
            splitter.feed(rest.substr(0, size));
            rest.remove_prefix(std::min<std::size_t>(size, rest.size()));
            for (std::string& line : all_of(splitter)) lines.push_back(std::move(line));
        }
        splitter.feed(rest);
        for (std::string& line : all_of(splitter)) lines.push_back(std::move(line));
        std::string line;
        for (const char letter : bytes) {
            if (letter != '\n') {
                line += letter;
                continue;
            }
            if (line.ends_with('\r')) line.pop_back();
            expected.push_back(std::exchange(line, {}));
        }
        RC_ASSERT(lines == expected);
        RC_ASSERT(splitter.has_unfinished() == !line.empty());
    }));
}

TEST(LineSplitter, refuses_a_line_over_its_limit_finished_or_not) {
    LineSplitter unfinished(10), finished(10), just_right(10);
    unfinished.feed("12345678901");
    EXPECT_THROW(static_cast<void>(unfinished.next()), std::length_error);
    finished.feed("ok\n12345678901\n");
    EXPECT_EQ(finished.next(), "ok");
    EXPECT_THROW(static_cast<void>(finished.next()), std::length_error);
    just_right.feed("1234567890\n");
    EXPECT_EQ(just_right.next(), "1234567890");
}

TEST(LineSplitter, a_million_bytes_in_small_pieces_take_no_square_time) {
    LineSplitter splitter;
    for (int piece = 0; piece < 250'000; ++piece) {
        splitter.feed("abcd");
        EXPECT_FALSE(splitter.next());
    }
    splitter.feed("\n");
    EXPECT_EQ(splitter.next()->size(), 1'000'000U);
}

TEST(ParseMessage, understands_the_three_shapes) {
    const RpcMessage call = parse_message(R"({"jsonrpc":"2.0","id":7,"method":"add","params":{"group":"g"}})");
    EXPECT_EQ(std::get<RpcRequest>(call).id, 7);
    EXPECT_EQ(std::get<RpcRequest>(call).params.at("group").as_string(), "g");
    const RpcMessage notification = parse_message(R"({"jsonrpc":"2.0","method":"changed"})");
    EXPECT_FALSE(std::get<RpcRequest>(notification).id);
    const RpcMessage answer = parse_message(R"({"id":-3,"result":{"present":true},"jsonrpc":"2.0"})");
    EXPECT_EQ(std::get<RpcResponse>(answer).id, -3);
    const RpcMessage error = parse_message(R"({"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"no","data":{"reason":"refused","detail":"d","result_code":50}}})");
    const RpcError& what = std::get<RpcError>(std::get<RpcResponse>(error).outcome);
    EXPECT_EQ(what.code, 3);
    EXPECT_EQ(what.reason, "refused");
    EXPECT_EQ(what.detail, "d");
    EXPECT_EQ(what.result_code, 50);
}

TEST(ParseMessage, refuses_everything_else_without_repeating_it) {
    for (const std::string line :
         {"", " ", "secret", "[]", "null", "7", "{}", R"({"jsonrpc":"2.0"})", R"({"jsonrpc":2.0,"id":1,"result":{}})", R"({"jsonrpc":"1.0","id":1,"result":{}})",
          R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","result":{}})", R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})",
          R"({"jsonrpc":"2.0","id":"1","result":{}})", R"({"jsonrpc":"2.0","id":1.5,"result":{}})", R"({"jsonrpc":"2.0","id":null,"result":{}})",
          R"({"jsonrpc":"2.0","id":18446744073709551615,"result":{}})", R"({"jsonrpc":"2.0","id":1,"result":"secret"})", R"({"jsonrpc":"2.0","id":1,"result":[]})",
          R"({"jsonrpc":"2.0","id":1,"error":"secret"})", R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}})", R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})",
          R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999,"message":""}})", R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","data":{"result_code":"x"}}})",
          R"({"jsonrpc":"2.0","method":7})", R"({"jsonrpc":"2.0","method":"x","params":[]})", R"({"jsonrpc":"2.0","method":"x","result":{}})",
          R"({"jsonrpc":"2.0","id":1,"result":{}} trailing)", R"({"jsonrpc":"2.0","id":1,"id":2,"result":{}})", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"\xFF\"}}"}) {
        try {
            static_cast<void>(parse_message(line));
            ADD_FAILURE() << line;
        } catch (const std::invalid_argument& error) {
            EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        }
    }
    const std::string long_method = R"({"jsonrpc":"2.0","method":")" + std::string(65, 'x') + "\"}";
    EXPECT_THROW(static_cast<void>(parse_message(long_method)), std::invalid_argument);
    const std::string deep = R"({"jsonrpc":"2.0","id":1,"result":{"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}}";
    EXPECT_THROW(static_cast<void>(parse_message(deep)), std::invalid_argument);
}

TEST(ParseMessage, cuts_an_errors_words_between_characters) {
    const RpcMessage message = parse_message(R"({"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"x)" + std::string(10'000, 'y') + R"(","data":{"detail":"é)" +
                                             [] { std::string text; for (int n = 0; n < 5'000; ++n) text += "é"; return text; }() + "\"}}}");
    const RpcError& error = std::get<RpcError>(std::get<RpcResponse>(message).outcome);
    EXPECT_LE(error.message.size(), 4'100U);
    EXPECT_TRUE(error.detail.ends_with("é…"));
}

TEST(ToLine, is_one_line_that_reads_back) {
    EXPECT_TRUE(rc::check([](std::int64_t id, const std::string& text) {
        RpcRequest request{id, "add", {}};
        request.params["t"] = text;
        std::string line;
        try {
            line = to_line(request);
        } catch (const std::invalid_argument&) {  // not UTF-8
            return;
        }
        RC_ASSERT(line.find('\n') == line.size() - 1);
        const RpcMessage back = parse_message(std::string_view(line).substr(0, line.size() - 1));
        RC_ASSERT(std::get<RpcRequest>(back).id == id);
        RC_ASSERT(std::get<RpcRequest>(back).params.at("t").as_string() == boost::json::string_view(text));
    }));
    const RpcMessage error = parse_message(to_line(RpcResponse{3, RpcError{2, "m", "unknown_outcome", "d", 51}}));
    EXPECT_EQ(std::get<RpcError>(std::get<RpcResponse>(error).outcome).result_code, 51);
}

TEST(ToLine, refuses_what_the_other_side_could_not_read) {
    RpcRequest request{1, "x", {}};
    for (const std::string text : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "cut \xE2\x82"}) {
        request.params["t"] = text;
        EXPECT_THROW(static_cast<void>(to_line(request)), std::invalid_argument);
    }
    request.params["t"] = std::string(max_line_bytes, 'x');
    EXPECT_THROW(static_cast<void>(to_line(request)), std::invalid_argument);
    request.params["t"] = std::string("a\0b\n", 4);
    EXPECT_NO_THROW(static_cast<void>(to_line(request)));
}

}  // namespace
}  // namespace stint::wire
