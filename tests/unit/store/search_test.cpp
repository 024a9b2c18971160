// Finding events: every filter alone and any of them together, against the plainest way to do it.
#include "audit/entry.hpp"
#include "store/story.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <optional>

using namespace stint;
using namespace stint::test;
using ::testing::ElementsAre;
using ::testing::Pair;

namespace {

struct Told {
    EventSeq seq;
    Event event;
    Utc at{};
};

/// A database of 400 events of every mixture, and the same in memory.
struct Archive {
    TempFolder folder;
    Store store{folder.database(), seeded_salts()};
    std::vector<Told> told;

    Archive() {
        std::mt19937 random(7);
        const auto pick = [&random](unsigned below) { return random() % below; };
        const auto name = [&](const std::string& stem, unsigned below) {
            const auto number = pick(below + 1);
            return number == 0 ? std::string() : stem + std::to_string(number);
        };
        store.begin();
        std::int64_t clock = 0;
        for (int count = 0; count < 400; ++count) {
            Event event;
            event.header.actor = {ActorKind::person, PersonId(name("p", 4)), "peercred", name("local uid ", 2), false};
            event.header.subject = PersonId(name("p", 4));
            event.header.request = RequestId{static_cast<std::int64_t>(pick(5))};
            event.header.grant = RequestId{static_cast<std::int64_t>(pick(5))};
            event.header.ticket = TicketId(name("T", 3));
            event.header.entitlement = EntitlementName(name("e", 3));
            if (pick(2) == 0) event.body = PolicyLoaded{};
            else if (pick(2) == 0) event.body = LogRead{"who reads", 3};
            else event.body = AskRefused{"file", "not_eligible", 1};
            clock += static_cast<std::int64_t>(pick(4)) - 1;  // also backwards
            told.push_back({store.append(event, now_at(clock)), event, now_at(clock).utc});
        }
        store.commit();
    }
};

Archive& archive() {
    static Archive made;
    return made;
}

bool fits(const Told& one, const SearchEvents& search, const std::optional<PersonId>& person) {
    const EventHeader& header = one.event.header;
    return (!search.since || one.at >= *search.since) && (!search.until || one.at < *search.until) &&
           (!person || header.actor.id == *person || header.subject == *person) && (search.ticket.empty() || header.ticket.value == search.ticket) &&
           (search.entitlement.empty() || header.entitlement.value == search.entitlement) &&
           (search.type.empty() || type_of(one.event) == search.type) && (search.origin.empty() || header.actor.origin == search.origin) &&
           (!search.request || header.request == *search.request || header.grant == *search.request) &&
           (!search.before || one.seq < *search.before);
}

std::vector<std::int64_t> expected(const SearchEvents& search, const std::optional<PersonId>& person) {
    std::vector<std::int64_t> found;
    const auto& told = archive().told;
    for (auto one = told.rbegin(); one != told.rend() && found.size() < static_cast<std::size_t>(search.limit); ++one) {
        if (fits(*one, search, person)) found.push_back(one->seq.value);
    }
    return found;
}

std::vector<std::int64_t> found(const SearchEvents& search, const std::optional<PersonId>& person) {
    std::vector<std::int64_t> numbers;
    for (const StoredEvent& event : archive().store.search(search, person)) numbers.push_back(event.seq.value);
    return numbers;
}

template <class T>
std::optional<T> perhaps(rc::Gen<T> gen) {
    if (*rc::gen::inRange(0, 3) != 0) return std::nullopt;
    return *gen;
}

std::string perhaps_text(std::vector<std::string> choices) {
    return perhaps<std::string>(rc::gen::elementOf(std::move(choices))).value_or("");
}

}  // namespace

RC_GTEST_PROP(Search, FindsWhatLookingAtEachEventFinds, ()) {
    SearchEvents search;
    search.since = perhaps<Utc>(rc::gen::map(rc::gen::inRange(-20, 220), [](int at) { return now_at(at).utc; }));
    search.until = perhaps<Utc>(rc::gen::map(rc::gen::inRange(-20, 220), [](int at) { return now_at(at).utc; }));
    search.ticket = perhaps_text({"T1", "T2", "T9"});
    search.entitlement = perhaps_text({"e1", "e2", "e9"});
    search.type = perhaps_text({"policy.loaded", "log.read", "ask.refused", "grant.opened"});
    search.origin = perhaps_text({"local uid 1", "nowhere"});
    search.request = perhaps<RequestId>(rc::gen::map(rc::gen::inRange(1, 7), [](int id) { return RequestId{id}; }));
    search.before = perhaps<EventSeq>(rc::gen::map(rc::gen::inRange(0, 450), [](int id) { return EventSeq{id}; }));
    search.limit = *rc::gen::element(1, 5, 1000);
    const auto person = perhaps<PersonId>(rc::gen::map(rc::gen::inRange(1, 6), [](int id) { return PersonId("p" + std::to_string(id)); }));
    RC_ASSERT(found(search, person) == expected(search, person));
}

TEST(Search, PagesMeetWithoutGapOrOverlap) {
    SearchEvents search;
    search.limit = 7;
    const std::optional<PersonId> person(PersonId("p1"));
    std::vector<std::int64_t> pages;
    for (auto page = found(search, person); !page.empty(); page = found(search, person)) {
        pages.insert(pages.end(), page.begin(), page.end());
        search.before = EventSeq{page.back()};
    }
    SearchEvents whole;
    whole.limit = 1000;
    EXPECT_EQ(pages, expected(whole, person));
}

TEST(Search, TheLimitIsBounded) {
    SearchEvents search;
    search.limit = 0;
    EXPECT_EQ(found(search, std::nullopt).size(), 1U);
    search.limit = 1'000'000;
    EXPECT_EQ(found(search, std::nullopt).size(), 400U);
}

TEST(Search, QuotesInAFilterAreOnlyText) {
    SearchEvents search;
    search.ticket = "T1' OR '1'='1";
    search.type = "\" OR 1 --";
    EXPECT_TRUE(found(search, std::nullopt).empty());
}

TEST(Search, AnEventIsTheExactBytesAndWhatOpensThem) {
    TempFolder folder;
    Store store(folder.database(), seeded_salts());
    Story story(store);
    const RequestId id = story.file("ada");
    const auto event = store.event(EventSeq{1});
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->at, story.now.utc);
    EXPECT_EQ(event->entry.find("because"), std::string::npos);
    EXPECT_THAT(event->disclosed, ::testing::UnorderedElementsAre(Pair("reason", "because of ada"), Pair("login", "ada"), Pair("name", "ada of the tests"),
                                                                 Pair("mail", "ada@example.org")));
    EXPECT_EQ(audit::decode(event->entry, {}).event.header.request, id);
}
