// Streams: changes as they happen, resumption, and the hold that falls the moment its client does.
#include "open_door.hpp"

#include <gmock/gmock.h>

namespace stint {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class AStream : public OpenDoor {
protected:
    AStream() {
        settings.times.keep_alive = 1s;
        settings.times.broken_world = 20ms;
    }
    void happen(std::int64_t seq, std::int64_t request, const std::string& state) {
        on_io([&] { service->happen(seq, request, state); });
    }
    Knocker listen(const std::string& request) {
        Knocker knocker = knock();
        knocker.send(request);
        const Response head = knocker.head_of_stream();
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.fields.at("content-type"), "text/event-stream");
        EXPECT_EQ(head.fields.at("cache-control"), "no-store");
        return knocker;
    }
};

TEST_F(AStream, TellsThePresentStateThenEachChange) {
    open();
    Knocker stream = listen(get("/v1/events?request=17"));
    ASSERT_TRUE(stream.await("id: 1\nevent: request\ndata: {"));
    happen(5, 17, "approved");
    ASSERT_TRUE(stream.await("id: 5\nevent: request\ndata: {"));
    ASSERT_TRUE(stream.await("\"state\":\"approved\""));
    happen(6, 18, "ready");
    happen(7, 17, "ready");
    ASSERT_TRUE(stream.await("id: 7\n"));
    EXPECT_THAT(stream.came(), Not(HasSubstr("id: 6\n"))) << "another request's";
}

TEST_F(AStream, GoesOnWhereItWasCutOff) {
    open();
    for (int seq = 1; seq <= 5; ++seq) happen(seq, 17, "s" + std::to_string(seq));
    Knocker stream = listen(get("/v1/events", "Last-Event-ID: 3\r\n"));
    ASSERT_TRUE(stream.await("id: 5\n"));
    EXPECT_THAT(stream.came(), HasSubstr("id: 4\n"));
    EXPECT_THAT(stream.came(), Not(HasSubstr("id: 3\n")));
    Knocker from_the_start = listen(get("/v1/events?request=17", "Last-Event-ID: 0\r\n"));
    ASSERT_TRUE(from_the_start.await("id: 1\n"));
}

TEST_F(AStream, TellsFromWhereBeforeTheFirstChange) {
    settings.times.keep_alive = 60s;
    open();
    for (int seq = 1; seq <= 5; ++seq) happen(seq, 17, "s" + std::to_string(seq));
    Knocker stream = listen(get("/v1/events"));
    ASSERT_TRUE(stream.await("id: 5\n: keep-alive\n\n")) << "a client that is cut off now would not know where it was";
    happen(6, 17, "s6");
    ASSERT_TRUE(stream.await("id: 6\nevent: request\n"));
    EXPECT_THAT(stream.came(), Not(HasSubstr("s5"))) << "the past";
}

TEST_F(AStream, ABadPlaceToGoOnFromIsRefused) {
    open();
    for (const std::string id : {"x", "-1", "1 2", "99999999999999999999"})
        EXPECT_EQ(ask(get("/v1/events", "Last-Event-ID: " + id + "\r\n")).status, 400) << id;
    EXPECT_EQ(ask(get("/v1/events?request=0")).status, 400);
    EXPECT_EQ(ask(get("/v1/events?since=1")).status, 400);
    EXPECT_EQ(times_asked(), 0u);
}

TEST_F(AStream, LeavesNothingBehindOnceItsClientIsGone) {
    settings.times.keep_alive = 60s;
    open();
    {
        Knocker stream = listen(get("/v1/events"));
        ASSERT_TRUE(eventually([this] { return *service->calls_under_way == 1; }));
    }
    EXPECT_TRUE(eventually([this] { return *service->calls_under_way == 0; }));
}

TEST_F(AStream, SaysSomethingNowAndThen) {
    open();
    Knocker stream = listen(get("/v1/events"));
    ASSERT_TRUE(stream.await(": keep-alive\n\n"));
    stream.forget();
    ASSERT_TRUE(stream.await(": keep-alive\n\n"));
}

TEST_F(AStream, WhatIsRefusedBeforeItBeginsIsAnAnswer) {
    open();
    on_io([this] { service->refusal = Refusal{RefusalCode::request_unknown, ""}; });
    EXPECT_EQ(ask(get("/v1/events?request=17")).status, 404);
    EXPECT_EQ(ask(get("/v1/requests/17/hold")).status, 404);
}

TEST_F(AStream, WhatIsRefusedLaterEndsIt) {
    open();
    Knocker stream = listen(get("/v1/events?request=17"));
    ASSERT_TRUE(stream.await("id: 1\n"));
    on_io([this] { service->refusal = Refusal{RefusalCode::caller_disabled, ""}; });
    happen(2, 18, "x");
    ASSERT_TRUE(stream.await("event: problem\ndata: {"));
    ASSERT_TRUE(stream.await("caller_disabled"));
    ASSERT_TRUE(stream.await("0\r\n\r\n"));
    EXPECT_TRUE(stream.await_end());
}

TEST_F(AStream, AHoldStandsAsLongAsItsClient) {
    settings.times.keep_alive = 60s;
    open();
    {
        Knocker client = listen(get("/v1/requests/17/hold"));
        ASSERT_TRUE(client.await("id: 1\n"));
        EXPECT_EQ(on_io([this] { return *service->live_holds; }), 1);
        happen(3, 17, "ready");
        ASSERT_TRUE(client.await("id: 3\n"));
    }
    EXPECT_TRUE(eventually([this] { return *service->live_holds == 0; }, 5s)) << "at once, not with the next keep-alive";
}

TEST_F(AStream, AHoldFallsWhenItsClientShutsItsSideToo) {
    settings.times.keep_alive = 60s;
    open();
    Knocker client = listen(get("/v1/requests/17/hold"));
    client.half_close();
    EXPECT_TRUE(eventually([this] { return *service->live_holds == 0; }, 5s));
    EXPECT_TRUE(client.await_end());
}

TEST_F(AStream, WhatAListenerSaysIsNotHeard) {
    open();
    Knocker client = listen(get("/v1/requests/17/hold"));
    client.send(post("/v1/requests/17/release", "{}"));
    happen(3, 17, "ready");
    ASSERT_TRUE(client.await("id: 3\n"));
    EXPECT_EQ(on_io([this] { return *service->live_holds; }), 1);
    EXPECT_FALSE(on_io([this] {
        return std::any_of(service->asked.begin(), service->asked.end(), [](const auto& one) { return one.verb == "release"; });
    }));
}

/// The directory is away, so nobody can be told anything; the grant must not fall for that.
TEST_F(AStream, AHoldOutlivesABrokenWorld) {
    open();
    on_io([this] { service->stream_trouble = std::make_exception_ptr(std::runtime_error("directory away")); });
    Knocker client = listen(get("/v1/requests/17/hold"));
    const auto asked = times_asked();
    ASSERT_TRUE(eventually([&] { return service->asked.size() > asked + 3; }));
    EXPECT_EQ(on_io([this] { return *service->live_holds; }), 1);
    on_io([this] { service->stream_trouble = nullptr; });
    ASSERT_TRUE(client.await("id: 1\n"));
}

/// The same, said as a refusal: it is about the world, not about the caller.
TEST_F(AStream, AHoldOutlivesARefusalThatPasses) {
    open();
    Knocker client = listen(get("/v1/requests/17/hold"));
    ASSERT_TRUE(client.await("id: 1\n"));
    for (const RefusalCode code : {RefusalCode::directory_unreachable, RefusalCode::too_many_requests}) {
        on_io([&] { service->refusal = Refusal{code, ""}; });
        happen(2, 18, "x");
        const auto asked = times_asked();
        ASSERT_TRUE(eventually([&] { return service->asked.size() > asked + 3; })) << to_text(code);
        EXPECT_EQ(on_io([this] { return *service->live_holds; }), 1) << to_text(code);
    }
    on_io([this] { service->refusal.reset(); });
    happen(3, 17, "ready");
    ASSERT_TRUE(client.await("id: 3\n"));
    EXPECT_THAT(client.came(), Not(HasSubstr("problem")));
}

TEST_F(AStream, DrainingEndsItPolitely) {
    open();
    Knocker events = listen(get("/v1/events")), hold = listen(get("/v1/requests/17/hold"));
    auto drained = drain();
    for (Knocker* stream : {&events, &hold}) {
        EXPECT_TRUE(stream->await(": the stream ends\n\n"));
        EXPECT_TRUE(stream->await("0\r\n\r\n"));
        EXPECT_TRUE(stream->await_end());
    }
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
    EXPECT_EQ(on_io([this] { return *service->live_holds; }), 0);
}

/// A reader that stalls is closed when its time is over; what it did not read is not kept for ever.
TEST_F(AStream, AStalledReaderIsClosed) {
    settings.times.stream_write = 200ms;
    open();
    Knocker stalled = listen(get("/v1/requests/17/hold"));
    on_io([this] {
        for (int seq = 10; seq < 3000; ++seq) service->happen(seq, 17, "ready");
    });
    EXPECT_TRUE(eventually([this] { return *service->live_holds == 0; }));
}

TEST_F(AStream, SpeaksHttpTenToo) {
    open();
    Knocker stream = knock();
    stream.send("GET /v1/events?request=17 HTTP/1.0\r\n\r\n");
    const Response head = stream.head_of_stream();
    EXPECT_EQ(head.fields.count("transfer-encoding"), 0u);
    ASSERT_TRUE(stream.await("id: 1\n"));
    EXPECT_EQ(stream.came().find("id: 1\n"), 0u) << "no chunk sizes";
}

}  // namespace
}  // namespace stint
