// Commitments against values computed by another implementation (Python's hmac and base64).
#include "audit/commitment.hpp"

#include <gtest/gtest.h>

using namespace stint;
using namespace stint::audit;

namespace {

Salt rising_salt() {
    Salt salt{};
    for (std::size_t at = 0; at < salt.size(); ++at) salt[at] = static_cast<std::byte>(at);
    return salt;
}

Salt filled_salt(int value) {
    Salt salt{};
    salt.fill(static_cast<std::byte>(value));
    return salt;
}

}  // namespace

TEST(Commitment, AgreesWithAnotherImplementation) {
    EXPECT_EQ(commitment(rising_salt(), "reason", "Passwort vergessen: Dr. M\xC3\xBCller"), "tbeZaL4lx8h/bZ/jg9JQkLBik8xR6jDcBmV/HetXEsI=");
    EXPECT_EQ(commitment(filled_salt(0xFF), "login", "ada"), "GFVMNQw9T9O694hKO0aD1G7131FdJKT1eRKgGby26gs=");
    EXPECT_EQ(commitment(rising_salt(), "", ""), "a9hgj8PHa8V6Kw8PFteFpaKsSOfERO1IuXAZJO3+R5g=");
}

TEST(Commitment, FieldAndTextCannotTradePlaces) {
    // The length before the field keeps "ab" + "c" apart from "a" + "bc".
    EXPECT_NE(commitment(rising_salt(), "ab", "c"), commitment(rising_salt(), "a", "bc"));
    EXPECT_THROW(static_cast<void>(commitment(rising_salt(), std::string(70'000, 'x'), "")), std::length_error);
}

TEST(Commitment, IsKnownByItsForm) {
    EXPECT_TRUE(is_commitment(commitment(rising_salt(), "reason", "x")));
    EXPECT_FALSE(is_commitment(""));
    EXPECT_FALSE(is_commitment("tbeZaL4lx8h/bZ/jg9JQkLBik8xR6jDcBmV/HetXEsI"));
    EXPECT_FALSE(is_commitment("tbeZaL4lx8h/bZ/jg9JQkLBik8xR6jDcBmV/HetXEsJ="));  // the same bytes, written otherwise
    EXPECT_FALSE(is_commitment("tbeZaL4lx8h_bZ_jg9JQkLBik8xR6jDcBmV_HetXEsI="));  // another alphabet
    EXPECT_FALSE(is_commitment("tbeZaL4lx8h/bZ/jg9JQkLBik8xR6jDcBmV/HetXEs=="));
}
