// The canonical bytes: golden lines, the way there and back for every event type, and what a reader must not take.
#include "audit/entry.hpp"
#include "field_visitors.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

using namespace stint;
using namespace stint::test;
using audit::decode;
using audit::Disclosure;
using audit::encode;
using audit::EntryFault;

namespace {

/// 32 bytes of 1, then of 2 …
SaltSource counting_salts() {
    return [next = 1](Salt& salt) mutable { salt.fill(static_cast<std::byte>(next++)); };
}

const Now at{Utc{std::chrono::microseconds{1'795'391'000'123'456}}, BootTime{73'000'001}, "6ae2c3c0-2b1a-4c58-9f4e-3d2c1b0a9f8e"};

Event filed() {
    Event event;
    event.header.actor = {ActorKind::person, PersonId("id-ada"), "peercred", "local uid 1000", false};
    event.header.request = RequestId{7};
    event.header.ticket = TicketId("INC0001");
    event.header.subject = PersonId("id-ada");
    event.header.entitlement = EntitlementName("ehr-password-reset");
    event.header.policy = PolicyHash("00ff");
    RequestFiled body;
    body.duration = Seconds(1800);
    body.lapses_at = at.utc + Seconds(60);
    body.verified = {"callback", "r\xC3\xBC" "ckruf \xF0\x9F\x93\x9E\""};
    body.requester = {PersonId("id-ada"), Login("ada"), "Ada Osei", "ada@example.org"};
    body.reason = "locked out";
    event.body = body;
    return event;
}

const std::string filed_line =
    R"({"v":1,"seq":42,"ts":1795391000123456,"boot_id":"6ae2c3c0-2b1a-4c58-9f4e-3d2c1b0a9f8e","mono_ns":73000001000,)"
    R"("type":"request.filed","request":7,"ticket":"INC0001",)"
    R"("actor":{"kind":"person","id":"id-ada","auth":"peercred","origin":"local uid 1000"},)"
    R"("subject":"id-ada","entitlement":"ehr-password-reset","policy_sha256":"00ff","result":"ok",)"
    R"("c":{"login":"FaUu3i3olpAjkXUvyqOYBn/Yjeu5g9H1WrIwqbiPJPg=","name":"ZzwmNf9G5uBr/GhqpCTOuSphfTOBygOsrlV4aGVPS7U=",)"
    R"("mail":"CLqbHyPYCMsnxB+NODzLaYduot7e3w6mnlfMqhLrkwY=","reason":"i1aKzRM6Qok2ckNAEQQw0wg9bg0E9np4KAa5k9aI284="},)"
    R"("d":{"kind":"request","duration_s":1800,"lapses_us":1795391060123456,"verified":["callback","r\u00fcckruf \ud83d\udcde\""],"person":"id-ada"}})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto found = text.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    return text.replace(found, from.size(), to);
}

std::string fault_of(std::string_view line, const std::vector<Disclosure>& disclosures = {}) {
    try {
        static_cast<void>(decode(line, disclosures));
    } catch (const EntryFault& fault) {
        return fault.what();
    }
    return "taken";
}

}  // namespace

TEST(Entry, AFiledRequestHasTheseBytes) {
    const auto entry = encode(filed(), EventSeq{42}, at, counting_salts());
    EXPECT_EQ(entry.bytes, filed_line);
    ASSERT_EQ(entry.disclosures.size(), 4U);
    EXPECT_EQ(entry.disclosures[3].field, "reason");
    EXPECT_EQ(entry.disclosures[3].plaintext, "locked out");
    EXPECT_EQ(entry.disclosures[3].salt[31], std::byte{4});
}

TEST(Entry, TheBrokersOwnEventIsShort) {
    Event event;
    event.header.actor = {ActorKind::broker, {}, "clock", "broker", false};
    event.header.request = event.header.grant = RequestId{9};
    event.body = GrantClosing{CloseReason::expired, "ended"};
    EXPECT_EQ(encode(event, EventSeq{1}, Now{Utc{}, BootTime{}, ""}, counting_salts()).bytes,
              R"({"v":1,"seq":1,"ts":0,"type":"grant.closing","request":9,"grant":9,"actor":{"kind":"broker","auth":"clock","origin":"broker"},)"
              R"("result":"ok","c":{"comment":"9opA0YHqB5NyfpFKEunvcnrfGfJEc6sjv4N4p1MUD2g="},"d":{"reason":"expired"}})");
}

TEST(Entry, ADeadlineStandsByBothClocks) {
    Event event;
    event.body = GrantOpened{{at.utc, at.boot, at.boot_id}, true, false};
    EXPECT_NE(encode(event, EventSeq{1}, at, counting_salts())
                  .bytes.find(R"("d":{"not_after_us":1795391000123456,"not_after_boot_us":73000001,)"
                              R"("not_after_boot_id":"6ae2c3c0-2b1a-4c58-9f4e-3d2c1b0a9f8e","break_glass":true}})"),
              std::string::npos);
}

TEST(Entry, TheResultIsTheBrokenRule) {
    Event refused;
    refused.header.actor.is_acted = true;
    refused.body = AskRefused{"approve", "approver_is_requester", 3};
    EXPECT_EQ(encode(refused, EventSeq{3}, Now{}, counting_salts()).bytes,
              R"({"v":1,"seq":3,"ts":0,"type":"ask.refused","actor":{"kind":"broker","acted":true},"result":"approver_is_requester",)"
              R"("d":{"verb":"approve","code":"approver_is_requester","count":3}})");
}

RC_GTEST_PROP(Entry, EveryEventComesBackAsItWas, ()) {
    const auto index = *rc::gen::inRange<std::size_t>(0, event_types.size());
    Event event;
    EventHeader& header = event.header;
    header.actor.kind = *rc::gen::element(ActorKind::person, ActorKind::broker);
    RandomFields::fill(header.actor.id);
    RandomFields::fill(header.actor.auth);
    RandomFields::fill(header.actor.origin);
    RandomFields::fill(header.actor.is_acted);
    RandomFields::fill(header.request);
    RandomFields::fill(header.grant);
    RandomFields::fill(header.ticket);
    RandomFields::fill(header.subject);
    RandomFields::fill(header.entitlement);
    RandomFields::fill(header.policy);
    event.body = body_of(index);
    std::visit([](auto& one) {
        RandomFields filler;
        if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) one.fields(filler);
    }, event.body);
    Now now;
    RandomFields::fill(now.utc);
    RandomFields::fill(now.boot_id);
    now.boot = BootTime{*rc::gen::inRange<std::int64_t>(0, 9'000'000'000'000'000)};
    const EventSeq seq{*rc::gen::inRange<std::int64_t>(1, 2'000'000'000)};

    const auto entry = encode(event, seq, now, counting_salts());
    RC_ASSERT(std::all_of(entry.bytes.begin(), entry.bytes.end(), [](char letter) { return letter >= 0x20 && letter < 0x7F; }));
    const auto decoded = decode(entry.bytes, entry.disclosures);
    RC_ASSERT(decoded.seq == seq);
    RC_ASSERT(decoded.now.utc == now.utc);
    RC_ASSERT(decoded.now.boot == now.boot);
    RC_ASSERT(decoded.now.boot_id == now.boot_id);
    const bool is_same_header = decoded.event.header == header;
    RC_ASSERT(is_same_header);
    RC_ASSERT(decoded.event.body.index() == index);
    RC_ASSERT(decoded.undisclosed.empty());
    RC_ASSERT(texts_of(decoded.event.body).all == texts_of(event.body).all);

    // Without what opens them, only the committed fields are gone.
    const auto closed = decode(entry.bytes, {});
    RC_ASSERT(closed.undisclosed.size() == entry.disclosures.size());
    for (const std::string& secret : texts_of(closed.event.body).secrets) RC_ASSERT(secret.empty());
}

/// Puts a canary into every secret of a body, and counts them.
struct Marker {
    int count = 0;
    template <class T> void operator()(const std::string&, T&) {}
    void secret(const std::string&, std::string& text) { text = "canary-" + std::to_string(count++); }
    void person(const std::string& prefix, PersonRef& person) {
        secret(prefix, person.login.value);
        secret(prefix, person.name);
        secret(prefix, person.mail);
    }
    void deadline(Deadline&) {}
};

TEST(Entry, NoSecretStandsInTheLine) {
    for (std::size_t index = 0; index < event_types.size(); ++index) {
        Event event;
        event.body = body_of(index);
        Marker marker;
        std::visit([&marker](auto& one) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) one.fields(marker);
        }, event.body);
        const auto entry = encode(event, EventSeq{1}, at, counting_salts());
        EXPECT_EQ(entry.bytes.find("canary"), std::string::npos) << event_types[index];
        EXPECT_EQ(entry.disclosures.size(), static_cast<std::size_t>(marker.count)) << event_types[index];
    }
}

TEST(Entry, SaltsAreNeverUsedTwice) {
    const auto entry = encode(filed(), EventSeq{1}, at, counting_salts());
    for (std::size_t i = 1; i < entry.disclosures.size(); ++i) EXPECT_NE(entry.disclosures[i].salt, entry.disclosures[i - 1].salt);
}

TEST(Entry, WhatCannotBeWrittenIsRefused) {
    Event event = filed();
    event.header.ticket = TicketId(std::string(9000, 'x'));
    EXPECT_THROW(static_cast<void>(encode(event, EventSeq{1}, at, counting_salts())), EntryFault);
    for (const std::string text : {"\xC3", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xFF", "\xE2\x82", "\xF0\x80\x80\x80"}) {
        event.header.ticket = TicketId(text);
        EXPECT_THROW(static_cast<void>(encode(event, EventSeq{1}, at, counting_salts())), EntryFault);
    }
    event = filed();
    event.body = std::monostate{};
    EXPECT_THROW(static_cast<void>(encode(event, EventSeq{1}, at, counting_salts())), EntryFault);
    Now odd = at;
    odd.boot = BootTime{-1};
    EXPECT_THROW(static_cast<void>(encode(filed(), EventSeq{1}, odd, counting_salts())), EntryFault);
    EXPECT_THROW(static_cast<void>(encode(filed(), EventSeq{-1}, at, counting_salts())), EntryFault);
}

TEST(Entry, ALongEntryMayBeJustShortEnough) {
    Event event = filed();
    const auto without = encode(event, EventSeq{1}, at, counting_salts()).bytes.size();
    event.header.ticket = TicketId(event.header.ticket.value + std::string(audit::longest_entry - without, 'x'));
    const auto entry = encode(event, EventSeq{1}, at, counting_salts());
    EXPECT_EQ(entry.bytes.size(), audit::longest_entry);
    EXPECT_EQ(decode(entry.bytes, entry.disclosures).event.header.ticket, event.header.ticket);
    event.header.ticket.value += 'x';
    EXPECT_THROW(static_cast<void>(encode(event, EventSeq{1}, at, counting_salts())), EntryFault);
}

TEST(EntryReader, OneWayToWriteAnEntry) {
    ASSERT_EQ(fault_of(filed_line), "taken");
    const std::vector<std::pair<std::string_view, std::string_view>> edits{
        {R"({"v":1)", R"({ "v":1)"},                                   // a space
        {R"("v":1,"seq":42)", R"("seq":42,"v":1)"},                    // another order
        {R"("v":1)", R"("v":2)"},                                      // another version
        {R"("seq":42)", R"("seq":42.0)"},
        {R"("seq":42)", R"("seq":4.2e1)"},
        {R"("seq":42)", R"("seq":"42")"},
        {R"("seq":42)", R"("seq":-1)"},
        {R"("seq":42)", R"("seq":18446744073709551615)"},
        {R"("seq":42,)", ""},
        {R"("mono_ns":73000001000)", R"("mono_ns":73000001001)"},      // finer than the broker's clock
        {R"("type":"request.filed")", R"("type":"request.unheard")"},
        {R"("type":"request.filed")", R"("type":"request.lapsed")"},   // fields of another type
        {R"("request":7,)", R"("request":7,"request":7,)"},            // twice
        {R"("request":7,)", R"("request":7,"grant":0,)"},              // zero is left out
        {R"("request":7,)", R"("request":7,"extra":1,)"},
        {R"("kind":"person","id")", R"("kind":"robot","id")"},
        {R"("auth":"peercred")", R"("auth":"peercred","acted":false)"},
        {R"("auth":"peercred")", R"("auth":"peercred","more":1)"},
        {R"("result":"ok")", R"("result":"text_too_long")"},
        {R"("kind":"request")", R"("kind":"favour")"},
        {R"("kind":"request",)", ""},
        {R"("duration_s":1800)", R"("duration_s":"1800")"},
        {R"("duration_s":1800)", R"("duration_s":1800,"mood":1)"},
        {R"(\u00fc)", R"(\u00FC)"},                                    // lower case only
        {R"(\u00fc)", "\xC3\xBC"},                                     // ASCII only
        {R"("callback")", R"(7)"},
        {R"("callback")", R"(["callback"])"},
        {R"(["callback",)", R"({"callback":1,)"},
        {R"("login":"FaUu)", R"("login":"FbUu)"},                      // still a commitment: only its disclosure tells
        {R"("login":"FaUu3)", R"("login":"FaUu)"},                     // too short to be one
        {R"(PJPg=")", R"(PJPh=")"},                                    // two ways to write the same 32 bytes
        {R"("login":")", R"("shoe":")"},
        {R"("d":{)", R"("d":[)"},
    };
    for (const auto& [from, to] : edits) {
        if (to == R"("login":"FbUu)") continue;
        EXPECT_NE(fault_of(replaced(filed_line, from, to)), "taken") << from << " -> " << to;
    }
    EXPECT_NE(fault_of(filed_line + " "), "taken");
    EXPECT_NE(fault_of(filed_line + "\n"), "taken");
    EXPECT_NE(fault_of(filed_line + filed_line), "taken");
    EXPECT_NE(fault_of(""), "taken");
    EXPECT_NE(fault_of("[]"), "taken");
    EXPECT_NE(fault_of(std::string(9000, '[')), "taken");
    EXPECT_NE(fault_of(std::string(100, '[')), "taken");
}

TEST(EntryReader, ADisclosureMustFit) {
    const auto entry = encode(filed(), EventSeq{42}, at, counting_salts());
    const auto with = [&entry](auto edit) {
        auto disclosures = entry.disclosures;
        edit(disclosures);
        return fault_of(entry.bytes, disclosures);
    };
    EXPECT_EQ(with([](auto&) {}), "taken");
    EXPECT_EQ(with([](auto& all) { all.pop_back(); }), "taken");
    EXPECT_NE(with([](auto& all) { all[3].plaintext += "!"; }), "taken");
    EXPECT_NE(with([](auto& all) { all[3].plaintext.clear(); }), "taken");
    EXPECT_NE(with([](auto& all) { all[3].salt[0] ^= std::byte{1}; }), "taken");
    EXPECT_NE(with([](auto& all) { std::swap(all[0].field, all[1].field); }), "taken");
    EXPECT_NE(with([](auto& all) { all[0].field = "impact"; }), "taken");
    EXPECT_NE(with([](auto& all) { all.push_back(all.back()); }), "taken");
    EXPECT_NE(fault_of(replaced(entry.bytes, R"("login":"FaUu)", R"("login":"FbUu)"), entry.disclosures), "taken");
}

TEST(EntryReader, FaultsNeverRepeatWhatWasRead) {
    for (const auto& line : {replaced(filed_line, "ehr-password-reset\"", "ehr\x01\""), replaced(filed_line, "\"request\",\"duration_s", "\"canary\",\"duration_s"),
                             replaced(filed_line, "\"type\":\"request.filed", "\"type\":\"canary")}) {
        const std::string fault = fault_of(line);
        EXPECT_NE(fault, "taken");
        EXPECT_EQ(fault.find("canary"), std::string::npos) << fault;
        EXPECT_TRUE(std::all_of(fault.begin(), fault.end(), [](char letter) { return letter >= 0x20 && letter < 0x7F; }));
    }
}

/// Any single changed byte is either refused or says something else: never the same event from other bytes.
RC_GTEST_PROP(EntryReader, NoTwoLinesForOneEvent, ()) {
    std::string line = filed_line;
    const auto place = *rc::gen::inRange<std::size_t>(0, line.size());
    const auto letter = *rc::gen::inRange(0x20, 0x7F);
    RC_PRE(line[place] != static_cast<char>(letter));
    line[place] = static_cast<char>(letter);
    try {
        const auto decoded = decode(line, {});
        const auto original = decode(filed_line, {});
        const bool is_same = decoded.event.header == original.event.header && decoded.seq == original.seq && decoded.now.utc == original.now.utc &&
                             decoded.now.boot == original.now.boot && decoded.now.boot_id == original.now.boot_id &&
                             texts_of(decoded.event.body).all == texts_of(original.event.body).all;
        // A commitment that nobody opens may hold anything.
        const auto commitments = filed_line.find("\"c\":{");
        const bool is_commitment = place > commitments && place < filed_line.find("},\"d\"");
        RC_ASSERT(!is_same || is_commitment);
    } catch (const EntryFault&) {
    }
}
