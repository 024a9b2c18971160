// The running door: what each request does, and that nothing gets through without a caller.
#include "open_door.hpp"

#include <gmock/gmock.h>

namespace stint {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class TheDoor : public OpenDoor {
protected:
    FakeService::Asked last() {
        return on_io([this] { return service->asked.back(); });
    }
};

TEST_F(TheDoor, TellsTheServiceWhoAsks) {
    open();
    const Response response = ask(get("/v1/whoami"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.fields.at("content-type"), "application/json");
    EXPECT_THAT(response.body, HasSubstr("\"login\":\"ada\""));
    EXPECT_THAT(response.body, HasSubstr("\"schema_version\":1"));
    const Caller caller = last().caller;
    EXPECT_EQ(caller.login.value, "ada");
    EXPECT_EQ(caller.auth, "peercred");
    EXPECT_EQ(caller.origin, "local uid " + std::to_string(::getuid()));
    EXPECT_FALSE(caller.act_as);
}

TEST_F(TheDoor, EachPathReachesItsUseCase) {
    open();
    const std::string reason = R"({"reason":"r"})", comment = R"({"comment":"c"})";
    struct Row {
        std::string request, verb;
        int status;
        std::int64_t id;
        std::string said;
    };
    const Row rows[] = {
        {get("/v1/entitlements"), "entitlements", 200, 0, ""},
        {post("/v1/requests", good_request()), "file", 201, 0, "locked out"},
        {post("/v1/requests", R"({"entitlement":"e","reason":"r","dry_run":true})"), "file", 200, 0, "r"},
        {get("/v1/requests?filter=all&limit=7&before=5"), "list", 200, 5, "4/7"},
        {get("/v1/requests"), "list", 200, 0, "0/100"},
        {get("/v1/reviews"), "list", 200, 0, "3/100"},
        {get("/v1/requests/42"), "show", 200, 42, ""},
        {post("/v1/requests/42/approve", comment), "approve", 200, 42, "c"},
        {post("/v1/requests/42/approve", ""), "approve", 200, 42, ""},
        {post("/v1/requests/42/deny", comment), "deny", 200, 42, "c"},
        {post("/v1/requests/42/cancel", ""), "cancel", 200, 42, ""},
        {post("/v1/requests/42/extend", R"({"duration":"10m","reason":"r"})"), "extend", 201, 42, "r"},
        {post("/v1/requests/42/release", R"({"resolution":"done"})"), "release", 200, 42, "done"},
        {post("/v1/requests/42/revoke", reason), "revoke", 200, 42, "r"},
        {post("/v1/break-glass", R"({"entitlement":"e","confirm":"e","reason":"r"})"), "break_glass", 201, 0, "r"},
        {post("/v1/reviews/42", R"({"verdict":"justified","comment":"c"})"), "review", 200, 42, "c"},
        {get("/v1/findings"), "findings", 200, 0, ""},
        {get("/v1/audit?type=request.filed&person=ada&origin=local%20uid%200&request=4"), "search", 200, 4, "request.filed|ada|local uid 0"},
        {get("/v1/audit/9"), "event", 200, 9, ""},
    };
    for (const Row& row : rows) {
        const Response response = ask(row.request);
        EXPECT_EQ(response.status, row.status) << row.request << response.body;
        EXPECT_EQ(last().verb, row.verb) << row.request;
        EXPECT_EQ(last().id, row.id) << row.request;
        EXPECT_EQ(last().said, row.said) << row.request;
    }
    EXPECT_EQ(ask(post("/v1/requests", good_request())).fields.at("location"), "/v1/requests/17");
}

TEST_F(TheDoor, TheIdempotencyKeyIsHandedOn) {
    open();
    ask(post("/v1/requests", good_request(), "Idempotency-Key: a b~c\r\n"));
    EXPECT_EQ(last().key, "a b~c");
    const auto asked = times_asked();
    EXPECT_EQ(ask(post("/v1/requests", good_request(), "Idempotency-Key: " + std::string(128, 'k') + "\r\n")).status, 201);
    EXPECT_EQ(ask(post("/v1/requests", good_request(), "Idempotency-Key: " + std::string(129, 'k') + "\r\n")).status, 400);
    EXPECT_EQ(ask(post("/v1/requests", good_request(), "Idempotency-Key: \r\n")).status, 400);
    EXPECT_EQ(ask(post("/v1/requests", good_request(), "Idempotency-Key: k\xC3\xA9\r\n")).status, 400);
    EXPECT_EQ(times_asked(), asked + 1);
}

TEST_F(TheDoor, BadBodiesReachNobody) {
    open();
    std::string deep = R"({"entitlement":)";
    for (int i = 0; i < 2000; ++i) deep += "[";
    for (const std::string& body : {std::string("{"), std::string("[]"), std::string("null"), std::string("{}x"), deep, std::string(R"({"a":1,"a":2})"),
                                    std::string("\xFF"), std::string("{\"entitlement\":\"\xC0\x80\"}"), std::string(R"({"entitlement":"e","reason":"r","x":1})"),
                                    std::string("entitlement=e"), std::string(16384, ' ')}) {
        const Response response = ask(post("/v1/requests", body));
        EXPECT_EQ(response.status, 400) << body.substr(0, 40);
        EXPECT_EQ(response.fields.at("content-type"), "application/problem+json");
    }
    EXPECT_EQ(ask(post("/v1/break-glass", R"({"entitlement":"e","confirm":"f","reason":"r"})")).status, 400);
    EXPECT_EQ(ask(post("/v1/requests?dry_run=1", good_request())).status, 400) << "parameters where there are none";
    EXPECT_EQ(ask(get("/v1/whoami", "Content-Length: 2\r\n") + "{}").status, 400) << "a body where there is none";
    EXPECT_EQ(times_asked(), 0u);
}

TEST_F(TheDoor, RefusalsAreProblemDocuments) {
    open();
    on_io([this] { service->refusal = Refusal{RefusalCode::request_not_pending, "it was denied"}; });
    const Response response = ask(post("/v1/requests/17/approve", "{}"));
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.fields.at("content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr("\"code\":\"request_not_pending\""));
    EXPECT_THAT(response.body, HasSubstr("\"request\":17"));
    EXPECT_THAT(response.body, HasSubstr("\"detail\":\"it was denied\""));
}

TEST_F(TheDoor, ABrokenWorldIsExplainedOrGeneric) {
    settings.explain = [](const std::exception_ptr& error) -> std::optional<Refusal> {
        try {
            std::rethrow_exception(error);
        } catch (const std::range_error&) {
            return Refusal{RefusalCode::directory_unreachable, ""};
        } catch (...) {
            return std::nullopt;
        }
    };
    open();
    on_io([this] { service->trouble = std::make_exception_ptr(std::range_error("canary")); });
    const Response explained = ask(post("/v1/requests", good_request()));
    EXPECT_EQ(explained.status, 503);
    EXPECT_THAT(explained.body, HasSubstr("directory_unreachable"));
    EXPECT_EQ(explained.fields.count("retry-after"), 1u);
    on_io([this] { service->trouble = std::make_exception_ptr(std::runtime_error("canary")); });
    Knocker knocker = knock();
    knocker.send(post("/v1/requests", good_request()));
    const Response generic = knocker.response();
    EXPECT_EQ(generic.status, 500);
    EXPECT_THAT(generic.body, Not(HasSubstr("canary")));
    EXPECT_EQ(ask(get("/readyz")).status, 500);
    on_io([this] { service->trouble = nullptr; });
    knocker.send(get("/v1/whoami"));
    EXPECT_EQ(knocker.response().status, 200) << "the session outlives it";
}

TEST_F(TheDoor, WhoeverIsNotAttestedIsRefusedEverything) {
    for (const std::optional<std::uint32_t> uid : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(12345U)}) {
        settings.peer_uid = [uid](int) { return uid; };
        settings.look_up_login = [](std::uint32_t) { return std::optional<std::string>(); };
        open();
        Knocker knocker = knock();
        knocker.send(get("/v1/whoami") + get("/v1/whoami"));
        const Response response = knocker.response();
        EXPECT_EQ(response.status, 401);
        EXPECT_THAT(response.body, HasSubstr("caller_unknown"));
        EXPECT_TRUE(knocker.await_end());
        EXPECT_EQ(knocker.came(), "") << "one answer, then the end";
        EXPECT_EQ(ask(post("/v1/requests", good_request())).status, 401);
        EXPECT_EQ(ask(get("/healthz")).status, uid ? 200 : 401);
        EXPECT_EQ(times_asked(), 0u);
        break_off();
    }
}

TEST_F(TheDoor, ANameServiceThatDoesNotAnswerIsNoVerdictOnTheCaller) {
    settings.look_up_login = [](std::uint32_t) -> std::optional<std::string> { throw std::runtime_error("no answer"); };
    open();
    const Response response = ask(get("/v1/whoami"));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("login_not_told"));
    EXPECT_EQ(times_asked(), 0u);
}

TEST_F(TheDoor, ActAsIsADemosToy) {
    open();
    const Response refused = ask(get("/v1/whoami", "Stint-Act-As: ben\r\n"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr("not_permitted"));
    EXPECT_EQ(times_asked(), 0u);
}

TEST_F(TheDoor, ActAsIsBelievedWhereItWasBuiltSo) {
    settings.may_act_as = true;
    open();
    EXPECT_EQ(ask(get("/v1/whoami", "Stint-Act-As: ben\r\n")).status, 200);
    EXPECT_EQ(last().caller.login.value, "ada");
    EXPECT_EQ(last().caller.act_as.value().value, "ben");
    const auto asked = times_asked();
    for (const std::string login : {"", " ", "a\x1B[2J", "\xFF", "x\xE2\x80\xAEy"}) {
        EXPECT_EQ(ask(get("/v1/whoami", "Stint-Act-As: " + login + "\r\n")).status, 400) << testing::PrintToString(login);
    }
    EXPECT_EQ(ask(get("/v1/whoami", "Stint-Act-As: " + std::string(65, 'x') + "\r\n")).status, 400);
    EXPECT_EQ(times_asked(), asked);
}

TEST_F(TheDoor, KnowsItsPathsAndMethods) {
    open();
    EXPECT_EQ(ask(get("/nowhere")).status, 404);
    const Response response = ask("DELETE /v1/requests HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.fields.at("allow"), "GET, HEAD, POST");
    EXPECT_EQ(ask("BREW /v1/requests HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
    EXPECT_THAT(ask(post("/v1/people/ada/contain", "{}")).body, HasSubstr("not_there_yet"));
    EXPECT_EQ(times_asked(), 0u);
}

TEST_F(TheDoor, HeadIsGetWithoutTheBody) {
    open();
    Knocker knocker = knock();
    knocker.send("HEAD /v1/whoami HTTP/1.1\r\nHost: x\r\n\r\nHEAD /v1/events HTTP/1.1\r\nHost: x\r\n\r\n" + get("/v1/whoami"));
    const Response head = knocker.response(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(knocker.response(true).fields.at("content-type"), "text/event-stream");
    const Response full = knocker.response();
    EXPECT_EQ(head.fields.at("content-length"), std::to_string(full.body.size()));
}

TEST_F(TheDoor, PipelinedRequestsAreAnsweredInOrder) {
    open();
    Knocker knocker = knock();
    knocker.send(get("/v1/requests/1") + post("/v1/requests/2/cancel", "") + get("/v1/requests/3"));
    for (const auto* id : {"\"id\":1,", "\"id\":2,", "\"id\":3,"}) EXPECT_THAT(knocker.response().body, HasSubstr(id));
}

TEST_F(TheDoor, SaysContinueToWhoAsks) {
    open();
    Knocker knocker = knock();
    knocker.send("POST /v1/requests HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
                 std::to_string(std::strlen(good_request())) + "\r\n\r\n");
    EXPECT_EQ(knocker.response().status, 100);
    knocker.send(good_request());
    EXPECT_EQ(knocker.response().status, 201);
}

}  // namespace
}  // namespace stint
