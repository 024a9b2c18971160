// HTTP framing byte by byte: every bound, and everything two readers could understand differently.
#include "http/request_reader.hpp"

#include "knocker.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace stint::http {
namespace {

using State = RequestReader::State;

/// The status it is refused with; 0 when it is whole, -1 when more is waited for.
int outcome(const RequestReader& reader) {
    if (reader.state() == State::refused) return reader.refusal().status;
    return reader.state() == State::whole ? 0 : -1;
}
int fed_at_once(std::string_view bytes) {
    RequestReader reader;
    reader.feed(bytes);
    return outcome(reader);
}
int fed_by_byte(std::string_view bytes) {
    RequestReader reader;
    for (const char byte : bytes) {
        if (reader.state() == State::whole || reader.state() == State::refused) break;
        reader.feed({&byte, 1});
    }
    return outcome(reader);
}
int fed(std::string_view bytes) {
    const int at_once = fed_at_once(bytes);
    EXPECT_EQ(fed_by_byte(bytes), at_once) << bytes.substr(0, 200);
    return at_once;
}

const std::string head = "POST /v1/requests HTTP/1.1\r\nHost: x\r\n";

TEST(RequestReader, TakesARequestInAnyPieces) {
    const std::string bytes = post("/v1/requests?x=1", "{\"a\":1}", "Idempotency-Key: k1\r\nStint-Act-As: ada\r\nLast-Event-ID: 7\r\n");
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        RequestReader reader;
        reader.feed(std::string_view(bytes).substr(0, cut));
        if (cut < bytes.size()) {
            ASSERT_NE(reader.state(), State::whole) << cut;
            ASSERT_NE(reader.state(), State::refused) << cut;
        }
        reader.feed(std::string_view(bytes).substr(cut));
        ASSERT_EQ(reader.state(), State::whole) << cut;
        const Request request = reader.take();
        EXPECT_EQ(request.verb, Verb::post);
        EXPECT_EQ(request.target, "/v1/requests?x=1");
        EXPECT_EQ(request.body, "{\"a\":1}");
        EXPECT_EQ(request.idempotency_key, "k1");
        EXPECT_EQ(request.act_as, "ada");
        EXPECT_EQ(request.last_event_id, "7");
        EXPECT_TRUE(request.wants_to_stay);
        EXPECT_EQ(reader.state(), State::idle);
    }
}

TEST(RequestReader, PipelinedRequestsComeOneByOne) {
    RequestReader reader;
    reader.feed(get("/a") + "\r\n" + post("/b", "body") + get("/c"));
    for (const auto* target : {"/a", "/b", "/c"}) {
        ASSERT_EQ(reader.state(), State::whole) << target;
        EXPECT_EQ(reader.take().target, target);
    }
    EXPECT_EQ(reader.state(), State::idle);
}

TEST(RequestReader, OneByteTooManyIsTooMany) {
    const auto header_of = [](std::size_t size) {
        const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
        return start + std::string(size - start.size() - 4, 'a') + "\r\n\r\n";
    };
    EXPECT_EQ(fed(header_of(8192)), 0);
    EXPECT_EQ(fed(header_of(8193)), 431);
    EXPECT_EQ(fed(get("/" + std::string(1023, 'a'))), 0);
    EXPECT_EQ(fed(get("/" + std::string(1024, 'a'))), 414);
    EXPECT_EQ(fed(post("/", std::string(16384, 'a'))), 0);
    EXPECT_EQ(fed(post("/", std::string(16385, 'a'))), 413);
    EXPECT_EQ(fed(head + "Content-Length: 1000000\r\n\r\n"), 413);
    EXPECT_EQ(fed(head + "Content-Length: 18446744073709551615\r\n\r\n"), 413);
    EXPECT_EQ(fed(head + "Content-Length: 18446744073709551616\r\n\r\n"), 400);
}

TEST(RequestReader, AHeaderWithoutEndIsRefusedAtItsLimit) {
    RequestReader reader;
    std::size_t sent = 0;
    for (reader.feed("GET / HTTP/1.1\r\n"); reader.state() == State::header && sent < 20'000; sent += 4) reader.feed("a:b\r");
    EXPECT_GE(outcome(reader), 400);
    EXPECT_LE(sent, 8192u);
    RequestReader many;
    for (sent = 0, many.feed("GET / HTTP/1.1\r\n"); many.state() == State::header && sent < 20'000; sent += 6) many.feed("a: b\r\n");
    EXPECT_EQ(outcome(many), 431);
    EXPECT_LE(sent, 8192u);
    RequestReader long_line;
    for (sent = 0; long_line.state() != State::refused && sent < 20'000; ++sent) long_line.feed("G");
    EXPECT_NE(outcome(long_line), -1);
}

TEST(RequestReader, ChunksAreBoundedTogether) {
    const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    RequestReader reader;
    reader.feed(chunked + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n");
    ASSERT_EQ(outcome(reader), 0);
    EXPECT_EQ(reader.take().body, "abcdefg");
    const auto chunk = [](std::size_t size) {
        std::ostringstream text;
        text << std::hex << size << "\r\n" << std::string(size, 'a') << "\r\n";
        return text.str();
    };
    EXPECT_EQ(fed(chunked + chunk(8192) + chunk(8192) + "0\r\n\r\n"), 0);
    EXPECT_EQ(fed(chunked + chunk(8192) + chunk(8193) + "0\r\n\r\n"), 413);
    EXPECT_EQ(fed(chunked + "ffffffffffffffff\r\n"), 413);
    EXPECT_EQ(fed(chunked + "10000000000000000\r\nxxxxx"), 400);
    EXPECT_EQ(fed(chunked + "-1\r\nxxxxx"), 400);
    EXPECT_EQ(fed(chunked + "zz\r\nxxxxx"), 400);
    EXPECT_EQ(fed(chunked + "1\r\nabcdef"), 400);
    std::string extended = chunked;
    for (int i = 0; i < 40; ++i) extended += "1;" + std::string(4000, 'e') + "\r\na\r\n";
    EXPECT_EQ(fed_at_once(extended + "0\r\n\r\n"), 413) << "little body, much framing";
    EXPECT_EQ(fed_at_once(chunked + "1;" + std::string(70'000, 'e')), 413);
}

/// The parser asserts on a last chunk seen with less than five bytes; nobody may stop the broker with three.
TEST(RequestReader, TheLastChunkMayComeInAnyPieces) {
    const std::string bytes = head + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: x\r\n\r\n";
    const std::string empty = head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    EXPECT_EQ(fed(bytes), 0);
    EXPECT_EQ(fed(empty), 0);
    for (const auto& text : {bytes, empty}) {
        for (std::size_t cut = 0; cut < text.size(); ++cut) {
            RequestReader reader;
            reader.feed(text.substr(0, cut));
            ASSERT_EQ(outcome(reader), -1) << cut;
            reader.feed(text.substr(cut));
            ASSERT_EQ(outcome(reader), 0) << cut;
        }
    }
}

TEST(RequestReader, TrailersChangeNothing) {
    RequestReader reader;
    reader.feed(head + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nStint-Act-As: root\r\nIdempotency-Key: k\r\nConnection: close\r\n\r\n" + get("/next"));
    ASSERT_EQ(outcome(reader), 0);
    const Request request = reader.take();
    EXPECT_FALSE(request.act_as.has_value());
    EXPECT_FALSE(request.idempotency_key.has_value());
    EXPECT_TRUE(request.wants_to_stay);
    ASSERT_EQ(outcome(reader), 0);
    EXPECT_EQ(reader.take().target, "/next");
}

TEST(RequestReader, WhatTwoReadersCouldReadInTwoWaysIsRefused) {
    EXPECT_EQ(fed(head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), 400);
    EXPECT_EQ(fed(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Content-Length: 1, 1\r\n\r\na"), 400);
    EXPECT_EQ(fed(head + "Content-Length: +1\r\n\r\na"), 400);
    EXPECT_EQ(fed(head + "Content-Length: -1\r\n\r\na"), 400);
    EXPECT_EQ(fed(head + "Content-Length: 0x1\r\n\r\na"), 400);
    EXPECT_EQ(fed(head + "Content-Length: \r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Transfer-Encoding: identity\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "Transfer-Encoding : chunked\r\n\r\n"), 400);
    EXPECT_EQ(fed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "X: a\r\n folded\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "X: a\r\n\tfolded\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "X: a\nY: b\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + "X: a\rY: b\r\n\r\n"), 400);
    EXPECT_EQ(fed(head + std::string("X: a\0b\r\n\r\n", 10)), 400);
    EXPECT_EQ(fed("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
    EXPECT_EQ(fed("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    EXPECT_EQ(fed(get("/", "Stint-Act-As: a\r\nStint-Act-As: b\r\n")), 400);
    EXPECT_EQ(fed(get("/", "Idempotency-Key: a\r\nidempotency-key: b\r\n")), 400);
    EXPECT_EQ(fed("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(fed("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    EXPECT_EQ(fed("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"), 505) << "what stands where the version should";
    EXPECT_EQ(fed("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
    EXPECT_EQ(fed("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), 505);
    EXPECT_EQ(fed(head + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"), 415);
    EXPECT_EQ(fed(head + "Expect: 200-maybe\r\nContent-Length: 1\r\n\r\n"), 417);
}

TEST(RequestReader, HttpTenIsTakenAndClosesByItself) {
    RequestReader reader;
    reader.feed("GET /healthz HTTP/1.0\r\n\r\n");
    ASSERT_EQ(outcome(reader), 0);
    const Request request = reader.take();
    EXPECT_FALSE(request.is_http_11);
    EXPECT_FALSE(request.wants_to_stay);
}

TEST(RequestReader, SaysContinueOnceAndOnlyToWhoWaits) {
    RequestReader reader;
    reader.feed(head + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(reader.take_continue());
    EXPECT_FALSE(reader.take_continue());
    reader.feed("ab");
    EXPECT_EQ(outcome(reader), 0);
    RequestReader hasty;
    hasty.feed(head + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\na");
    EXPECT_FALSE(hasty.take_continue());
    EXPECT_EQ(fed(head + "Content-Length: 20000\r\nExpect: 100-continue\r\n\r\n"), 413);
}

/// Whatever comes, in whatever pieces: never taken in one way and refused in the other. (Refused sooner or later it may be.)
TEST(RequestReader, PiecesNeverChangeTheJudgement) {
    EXPECT_TRUE(rc::check([] {
        const std::vector<std::string> parts{"Host: x\r\n", "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n", "\r\n", "abc", "3\r\nabc\r\n", "0\r\n", "\r\n", "X: y\r\n", "\n", "\r", " ", "\t", ":", "Expect: 100-continue\r\n"};
        std::string bytes = *rc::gen::element<std::string>("POST /v1/x HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\n", "");
        for (const auto& part : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts))) bytes += part;
        const int by_byte = fed_by_byte(bytes), at_once = fed_at_once(bytes);
        RC_ASSERT(by_byte == at_once || (by_byte != 0 && at_once != 0));
        RC_CLASSIFY(at_once == 0, "whole");
    }));
}

}  // namespace
}  // namespace stint::http
