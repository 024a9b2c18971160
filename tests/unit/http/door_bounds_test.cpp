// The running door's bounds: what is too much, too slow, too many or too late, and how it goes down.
#include "open_door.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>

namespace stint {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class TheDoorsBounds : public OpenDoor {};

/// The sender of a body that is far too large is told so, even when it sends all of it before it reads.
TEST_F(TheDoorsBounds, AMegabyteIsRefusedAndTheRefusalArrives) {
    open();
    const std::string much(1024 * 1024, 'x');
    EXPECT_EQ(ask(post("/v1/requests", much)).status, 413);
    std::string chunks = "POST /v1/requests HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 256; ++i) chunks += "1000\r\n" + std::string(4096, 'x') + "\r\n";
    const Response response = ask(chunks + "0\r\n\r\n");
    EXPECT_EQ(response.status, 413);
    EXPECT_THAT(response.body, HasSubstr("body_too_large"));
    EXPECT_EQ(response.fields.at("connection"), "close");
    EXPECT_EQ(times_asked(), 0u);
}

/// polkit's old wound (CVE-2021-3560): a caller who is gone half-way is nobody, never somebody else.
TEST_F(TheDoorsBounds, ACallerWhoGoesHalfWayAsksNothing) {
    settings.requests_per_minute = 100'000;
    open();
    const std::string request = post("/v1/requests", good_request(), "Idempotency-Key: k\r\n");
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
        Knocker knocker = knock();
        ASSERT_TRUE(knocker.send(std::string_view(request).substr(0, cut)));
        if (cut % 2 == 0) knocker.half_close();
        if (cut % 2 == 0) {
            EXPECT_TRUE(knocker.await_end()) << cut;
        }
        knocker.hang_up();
    }
    EXPECT_EQ(ask(request).status, 201);
    EXPECT_EQ(times_asked(), 1u);
}

TEST_F(TheDoorsBounds, ASlowSenderIsServedWithinItsTimeAndNotAfter) {
    settings.times.header = 300ms;
    open();
    Knocker slow = knock();
    for (const char byte : get("/v1/whoami")) ASSERT_TRUE(slow.send({&byte, 1}));
    EXPECT_EQ(slow.response().status, 200);
    Knocker slower = knock();
    slower.send("GET /v1/whoami HT");
    const auto begun_at = std::chrono::steady_clock::now();
    EXPECT_TRUE(slower.await_end());
    EXPECT_GE(std::chrono::steady_clock::now() - begun_at, 200ms);
    Knocker dripping = knock();
    bool is_alive = true;
    const auto until = std::chrono::steady_clock::now() + 10s;
    dripping.send("GET /v1/whoami HTTP/1.1\r\nX: ");
    while (is_alive && std::chrono::steady_clock::now() < until) {
        is_alive = dripping.send("x");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(is_alive) << "a drop now and then buys no time";
    Knocker silent = knock();
    EXPECT_TRUE(silent.await_end()) << "who says nothing is closed, too";
    EXPECT_EQ(times_asked(), 1u);
}

TEST_F(TheDoorsBounds, ABodyThatNeverEndsAndAnIdleConnectionAreClosed) {
    settings.times.request = 300ms;
    settings.times.idle = 200ms;
    open();
    Knocker endless = knock();
    endless.send("POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    EXPECT_TRUE(endless.await_end());
    Knocker idle = knock();
    idle.send(get("/v1/whoami"));
    EXPECT_EQ(idle.response().status, 200);
    EXPECT_TRUE(idle.await_end());
}

TEST_F(TheDoorsBounds, AnAnswerThatTakesTooLongIsNotWaitedForAndNotCancelled) {
    settings.times.request = 200ms;
    open();
    on_io([this] { service->is_gate_shut = true; });
    const Response response = ask(post("/v1/requests", good_request()));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("took_too_long"));
    EXPECT_EQ(on_io([this] { return *service->calls_under_way; }), 1);
    on_io([this] { service->open_gate(); });
    EXPECT_TRUE(eventually([this] { return *service->calls_under_way == 0; }));
}

TEST_F(TheDoorsBounds, HeadersAndBodiesNeverReachTheAnswersFields) {
    open();
    for (const std::string& request : {get("/v1/requests/17?x=a%0d%0aSet-Cookie:%20a=b"), get("/%0d%0aSet-Cookie:a"), post("/v1/requests", "{\"Set-Cookie\\r\\n\":1}"),
                                       get("/v1/whoami", "Idempotency-Key: x\r\nSet-Cookie: a\r\n")}) {
        const Response response = ask(request);
        EXPECT_EQ(response.fields.count("set-cookie"), 0u);
        EXPECT_THAT(response.body, Not(HasSubstr("Set-Cookie")));
    }
}

TEST_F(TheDoorsBounds, AHundredConnectionsAtOnce) {
    settings.connections_per_uid = 200;
    open();
    std::vector<Knocker> knockers;
    for (int i = 0; i < 100; ++i) knockers.push_back(knock());
    for (auto& knocker : knockers) ASSERT_TRUE(knocker.send(get("/v1/whoami")));
    for (auto& knocker : knockers) EXPECT_EQ(knocker.response().status, 200);
    EXPECT_THAT(ask(get("/metrics")).body, HasSubstr("stint_http_connections 101\n"));
}

TEST_F(TheDoorsBounds, NobodyTakesMoreConnectionsThanTheirShare) {
    settings.connections_per_uid = 3;
    open();
    std::vector<Knocker> knockers;
    for (int i = 0; i < 3; ++i) {
        knockers.push_back(knock());
        knockers.back().send(get("/healthz"));
        EXPECT_EQ(knockers.back().response().status, 200);
    }
    Knocker fourth = knock();
    const Response response = fourth.response();
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.fields.count("retry-after"), 1u);
    fourth.hang_up();
    knockers.pop_back();
    int status = 0;
    for (int tries = 0; status != 200 && tries < 1000; ++tries) {
        try {
            status = ask(get("/healthz")).status;
        } catch (const std::runtime_error&) {}
    }
    EXPECT_EQ(status, 200) << "a place that was given back is free again";
}

/// Lingering holds a descriptor: whoever knocks again and again is not even told why.
TEST_F(TheDoorsBounds, WhoIsOverTheirShareHoldsNoMoreDescriptors) {
    settings.connections_per_uid = 1;
    open();
    Knocker served = knock();
    served.send(get("/healthz"));
    EXPECT_EQ(served.response().status, 200);
    std::vector<Knocker> told;
    for (int i = 0; i < 2; ++i) {
        told.push_back(knock());
        EXPECT_TRUE(told.back().await("429"));
    }
    std::vector<Knocker> others;
    for (int i = 0; i < 100; ++i) others.push_back(knock());
    int unanswered = 0;
    for (Knocker& other : others) {
        EXPECT_TRUE(other.await_end());
        unanswered += other.came().empty() ? 1 : 0;
    }
    EXPECT_GE(unanswered, 90) << "but for those that found a place when the first had lingered long enough";
    served.send(get("/healthz"));
    EXPECT_EQ(served.response().status, 200);
}

TEST_F(TheDoorsBounds, NobodyAsksMoreOftenThanTheirShare) {
    settings.requests_per_minute = 5;
    open();
    Knocker knocker = knock();
    for (int i = 0; i < 5; ++i) {
        knocker.send(get("/v1/whoami"));
        EXPECT_EQ(knocker.response().status, 200);
    }
    knocker.send(get("/v1/whoami"));
    const Response response = knocker.response();
    EXPECT_EQ(response.status, 429);
    EXPECT_THAT(response.body, HasSubstr("too_many_requests"));
    EXPECT_EQ(times_asked(), 5u);
    knocker.send(get("/healthz"));
    EXPECT_EQ(knocker.response().status, 200) << "the machines that look after us are not counted";
}

TEST_F(TheDoorsBounds, TellsMachinesHowItIs) {
    open();
    EXPECT_EQ(ask(get("/healthz")).body, "ok\n");
    EXPECT_EQ(ask(get("/readyz")).body, "ready\n");
    const Response metrics = ask(get("/metrics"));
    EXPECT_THAT(metrics.fields.at("content-type"), HasSubstr("version=0.0.4"));
    for (const auto* line : {"stint_grants_open 1", "stint_grants_closing 9", "stint_revocations_overdue 2", "stint_revocations_stuck 3", "stint_requests_pending 4",
                             "stint_outbox_waiting 5", "stint_findings_open 6", "stint_grants_total 7", "stint_removals_proven_total 8",
                             "stint_http_requests_total{code=\"200\"} 2", "# TYPE stint_grants_total counter", "# TYPE stint_grants_open gauge"})
        EXPECT_THAT(metrics.body, HasSubstr(std::string(line) + "\n"));
    on_io([this] { service->condition.is_ready = false; });
    const Response unready = ask(get("/readyz"));
    EXPECT_EQ(unready.status, 503);
    EXPECT_THAT(unready.body, HasSubstr("starting_up"));
    on_io([this] { service->condition.is_ready = true, service->condition.has_policy = false; });
    const Response without_policy = ask(get("/readyz"));
    EXPECT_EQ(without_policy.status, 503);
    EXPECT_THAT(without_policy.body, HasSubstr("no_policy"));
    EXPECT_THAT(ask(get("/metrics")).body, HasSubstr("stint_ready 0\n"));
    EXPECT_EQ(ask(get("/healthz")).status, 200);
}

TEST_F(TheDoorsBounds, DrainingFinishesWhatIsUnderWay) {
    open();
    on_io([this] { service->is_gate_shut = true; });
    Knocker idle = knock(), busy = knock();
    idle.send(get("/healthz"));
    EXPECT_EQ(idle.response().status, 200);
    busy.send(post("/v1/requests", good_request()));
    ASSERT_TRUE(eventually([this] { return *service->calls_under_way == 1; }));
    auto drained = drain();
    EXPECT_TRUE(idle.await_end()) << "idle connections go at once";
    EXPECT_THROW(knock(), std::runtime_error) << "nobody comes in any more";
    EXPECT_EQ(drained.wait_for(0s), std::future_status::timeout);
    on_io([this] { service->open_gate(); });
    const Response response = busy.response();
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.fields.at("connection"), "close");
    ASSERT_EQ(drained.wait_for(10s), std::future_status::ready);
    EXPECT_FALSE(std::filesystem::exists(settings.socket));
}

TEST_F(TheDoorsBounds, DrainingDoesNotWaitForEver) {
    settings.times.drain = 200ms;
    open();
    on_io([this] { service->is_gate_shut = true; });
    Knocker busy = knock();
    busy.send(post("/v1/requests", good_request()));
    ASSERT_TRUE(eventually([this] { return *service->calls_under_way == 1; }));
    auto drained = drain();
    EXPECT_TRUE(busy.await_end());
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
    on_io([this] { service->open_gate(); });
    EXPECT_TRUE(eventually([this] { return *service->calls_under_way == 0; }));
}

TEST_F(TheDoorsBounds, ClosesAtOnceWhenItGoes) {
    open();
    on_io([this] { service->is_gate_shut = true; });
    Knocker busy = knock(), stream = knock();
    busy.send(get("/v1/whoami"));
    stream.send(get("/v1/events"));
    EXPECT_EQ(stream.head_of_stream().status, 200);
    ASSERT_TRUE(eventually([this] { return *service->calls_under_way >= 2; }));
    on_io([this] { door.reset(); });
    EXPECT_TRUE(busy.await_end());
    EXPECT_TRUE(stream.await_end());
    on_io([this] { service->open_gate(); });
    EXPECT_TRUE(eventually([this] { return *service->calls_under_way <= 1; })) << "what was begun is finished all the same";
}

/// Out of descriptors: it waits for some to come back instead of spinning, and serves again.
TEST_F(TheDoorsBounds, SurvivesAShortageOfDescriptors) {
    settings.connections_per_uid = 100;
    open();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    std::vector<Knocker> knockers;
    for (int i = 0; i < 20; ++i) knockers.push_back(knock());
    const int next = ::dup(0);
    const rlimit tight{static_cast<rlim_t>(next), before.rlim_max};
    ::close(next);
    Knocker waiting = knock();
    ::setrlimit(RLIMIT_NOFILE, &tight);
    waiting.send(get("/healthz"));
    const bool is_served = waiting.await("200 OK", 300ms);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(is_served || waiting.await("200 OK"));
    knockers.clear();
    EXPECT_EQ(ask(get("/healthz")).status, 200);
}

}  // namespace
}  // namespace stint
