// Reading the log is itself an event, and so is trying to.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

class Reading : public AppWorld {
protected:
    Reading() {
        policy_.roles.security = {GroupName("soc")};
        person("gil");
        person("sam");
        directory_.put_member("soc", "sam");
        start();
    }
    template <class T>
    static std::string said(const std::optional<Result<T>>& answer) {
        if (!answer) return "nothing";
        return *answer ? "ok" : std::string(to_text(answer->refusal().code));
    }
    std::string search(const std::string& login, const std::string& person) {
        SearchEvents command;
        command.person = person;
        return said(answer_of(app_->service().search(caller(login), command)));
    }
    [[nodiscard]] bool is_refusal_logged(const std::string& verb, const std::string& code) const {
        return is_logged(R"("d":{"verb":")" + verb + R"(","code":")" + code + R"(")");
    }
};

TEST_F(Reading, of_a_login_nobody_knows_is_on_record) {
    EXPECT_EQ(search("sam", "jane.doe"), "ok");
    EXPECT_TRUE(is_logged(R"("type":"log.read")"));
    EXPECT_FALSE(is_logged("jane.doe")) << "as a commitment";
}

TEST_F(Reading, of_an_event_that_is_not_there_is_on_record) {
    EXPECT_EQ(said(answer_of(app_->service().event(caller("sam"), EventSeq{4711}))), "event_unknown");
    EXPECT_TRUE(is_logged(R"("type":"log.read")"));
}

TEST_F(Reading, that_is_refused_is_on_record) {
    EXPECT_EQ(search("gil", ""), "not_permitted");
    EXPECT_TRUE(is_refusal_logged("search", "not_permitted"));
    EXPECT_EQ(said(answer_of(app_->service().event(caller("gil"), EventSeq{1}))), "not_permitted");
    EXPECT_TRUE(is_refusal_logged("event", "not_permitted"));
    EXPECT_EQ(said(answer_of(app_->service().findings(caller("gil")))), "not_permitted");
    EXPECT_TRUE(is_refusal_logged("findings", "not_permitted"));
}

TEST_F(Reading, by_somebody_nobody_knows_is_on_record_with_where_it_came_from) {
    EXPECT_EQ(search("zed", ""), "caller_unknown");
    EXPECT_TRUE(is_refusal_logged("search", "caller_unknown"));
    EXPECT_EQ(refused("zed", "one"), RefusalCode::caller_unknown);
    EXPECT_TRUE(is_refusal_logged("request", "caller_unknown"));
    EXPECT_TRUE(is_logged(R"("actor":{"kind":"person","auth":"peercred","origin":"local uid 1000"})"));
    EXPECT_FALSE(is_logged("zed"));
    SearchEvents command;
    command.type = "ask.refused";
    const auto found = answer_of(app_->service().search(caller("sam"), command));
    ASSERT_TRUE(found && *found);
    ASSERT_EQ(found->value().events.size(), 2U);
    EXPECT_FALSE(found->value().events.front().actor) << "it is nobody";
}

TEST_F(Reading, is_refused_all_the_same_when_nothing_can_be_written) {
    fill_disk();
    EXPECT_EQ(search("gil", ""), "not_permitted");
}

}  // namespace
}  // namespace stint::testing
