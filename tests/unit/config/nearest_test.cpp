// Edit distance and the nearest right word.
#include "config/nearest.hpp"

#include <array>
#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace stint::config;

TEST(EditDistance, CountsSlips) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("socket", "socket"), 0U);
    EXPECT_EQ(edit_distance("sockt", "socket"), 1U);
    EXPECT_EQ(edit_distance("socekt", "socket"), 1U);  // neighbours swapped
    EXPECT_EQ(edit_distance("sokcte", "socket"), 2U);
    EXPECT_EQ(edit_distance("ca", "abc"), 3U);         // optimal string alignment, not the unrestricted distance
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(EditDistance, IsSymmetricAndBounded) {
    EXPECT_TRUE(rc::check("symmetric, zero only for equals, at most the longer one", [] {
        const auto left = *rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c'));
        const auto right = *rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c'));
        const std::size_t distance = edit_distance(left, right);
        RC_ASSERT(distance == edit_distance(right, left));
        RC_ASSERT((distance == 0) == (left == right));
        RC_ASSERT(distance <= std::max(left.size(), right.size()));
        RC_ASSERT(distance >= std::max(left.size(), right.size()) - std::min(left.size(), right.size()));
    }));
}

TEST(Nearest, FindsWhatWasMeant) {
    constexpr std::array<std::string_view, 4> words{"socket", "settings", "settle", "plugin"};
    EXPECT_EQ(nearest("scoket", words), "socket");
    EXPECT_EQ(nearest("setting", words), "settings");
    EXPECT_EQ(nearest("setle", words), "settle");
    EXPECT_EQ(nearest("plug", words), "plugin");  // cut short
    EXPECT_EQ(nearest("colour", words), std::nullopt);
    EXPECT_EQ(nearest("", words), std::nullopt);
    EXPECT_EQ(nearest(std::string(100000, 's'), words), std::nullopt);
    EXPECT_EQ(did_you_mean("plugins", words), "; did you mean `plugin`?");
    EXPECT_EQ(did_you_mean("xyz", words), "");
}
