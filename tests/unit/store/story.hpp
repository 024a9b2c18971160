// What the store's tests share: a folder of their own, salts, a clock that is set by hand, and short ways to write
// the events of a grant's life.
#pragma once

#include "store/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace stint::test {

/// A folder that goes with the test; in memory where the machine has such a place.
class TempFolder {
public:
    explicit TempFolder(bool is_on_disk = false) {
        std::error_code error;
        const std::filesystem::path memory("/dev/shm");
        const bool is_in_memory = !is_on_disk && std::filesystem::is_directory(memory, error);
        std::string name = ((is_in_memory ? memory : std::filesystem::temp_directory_path()) / "stint-store-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~TempFolder() {
        std::error_code error;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, error);
        std::filesystem::remove_all(path_, error);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path database() const { return path_ / "stint.db"; }

private:
    std::filesystem::path path_;
};

inline SaltSource seeded_salts(std::uint64_t seed = 1) {
    return [random = std::mt19937_64(seed)](Salt& salt) mutable {
        for (std::byte& byte : salt) byte = static_cast<std::byte>(random());
    };
}

inline Utc utc(std::int64_t seconds) { return Utc{std::chrono::seconds{seconds}}; }

/// Second `seconds` of the tests' time, one hour after boot.
inline Now now_at(std::int64_t seconds, const std::string& boot = "boot-1") {
    return {utc(1'800'000'000 + seconds), BootTime{std::chrono::seconds{3600 + seconds}}, boot};
}

inline PersonRef person(const std::string& login) {
    return {PersonId("id-" + login), Login(login), login + " of the tests", login + "@example.org"};
}

/// A store and the verbs to tell a story in it. Each verb is one event; a transaction is the caller's, or its own.
class Story {
public:
    explicit Story(Store& store) : store_(store) {}
    Now now = now_at(0);

    EventSeq tell(const EventHeader& header, const EventBody& body) {
        const bool is_own = !is_open_;
        if (is_own) store_.begin();
        const EventSeq seq = store_.append({header, body}, now);
        if (is_own) store_.commit();
        return seq;
    }
    void begin() { store_.begin(), is_open_ = true; }
    void commit() { is_open_ = false, store_.commit(); }
    void rollback() { is_open_ = false, store_.rollback(); }

    static EventHeader header(RequestId request, const std::string& login, bool is_grant = false) {
        EventHeader made;
        made.actor = {ActorKind::person, PersonId("id-" + login), "peercred", "local uid 1000", false};
        made.request = request;
        if (is_grant) made.grant = request;
        made.ticket = TicketId("INC" + std::to_string(request.value));
        made.subject = PersonId("id-" + login);
        made.entitlement = EntitlementName("reset");
        return made;
    }

    RequestId file(const std::string& login, RequestKind kind = RequestKind::request, Seconds lapses_after = Seconds(900)) {
        const RequestId id = store_.next_request();
        RequestFiled filed;
        filed.kind = kind;
        filed.duration = Seconds(600);
        filed.lapses_at = now.utc + lapses_after;
        filed.verified = {"callback", "manager \"by phone\""};
        filed.requester = person(login);
        filed.reason = "because of " + login;
        tell(header(id, login), filed);
        return id;
    }
    void approve(RequestId id, const std::string& login, const std::string& approver) {
        tell(header(id, login), ApprovalGiven{0, std::nullopt, person(approver), "seen"});
        tell(header(id, login), RequestApproved{now.utc + Seconds(900)});
    }
    void open(RequestId id, const std::string& login, Seconds length = Seconds(600)) {
        tell(header(id, login, true), GrantOpened{deadline_after(now, length), false, false});
    }
    MembershipId hold(RequestId id, const std::string& login, const std::string& group) {
        const auto known = store_.membership_of(GroupId("id-" + group), PersonId("id-" + login));
        const MembershipId membership = known ? known->id : store_.next_membership();
        if (!known || store_.holders(membership).empty()) {
            tell(header(id, login, true), MembershipOpened{membership, "main", {GroupId("id-" + group), GroupName(group)}, person(login), false});
        }
        tell(header(id, login, true), MembershipHeld{membership});
        return membership;
    }
    void observe(RequestId id, const std::string& login, MembershipId membership, bool is_present, bool is_wanted) {
        tell(header(id, login, true), MembershipObserved{membership, is_present, is_wanted, false, "dc1"});
    }
    /// From asking to ready.
    RequestId lend(const std::string& login, const std::string& group, Seconds length = Seconds(600)) {
        const RequestId id = file(login);
        approve(id, login, "boss");
        open(id, login, length);
        const MembershipId membership = hold(id, login, group);
        tell(header(id, login, true), MembershipIntended{membership, Operation::add});
        observe(id, login, membership, true, true);
        tell(header(id, login, true), GrantActivated{});
        tell(header(id, login, true), GrantReady{});
        return id;
    }
    void close(RequestId id, const std::string& login, CloseReason reason = CloseReason::released) {
        tell(header(id, login, true), GrantClosing{reason, ""});
        for (const MembershipId membership : store_.held_by(id)) {
            bool is_wanted = false;
            for (const RequestId holder : store_.holders(membership)) is_wanted = is_wanted || is_open(store_.grant(holder)->state);
            if (is_wanted) continue;
            tell(header(id, login, true), MembershipIntended{membership, Operation::remove});
            observe(id, login, membership, false, false);
        }
        tell(header(id, login, true), GrantClosed{reason});
    }

private:
    Store& store_;
    bool is_open_ = false;
};

/// Somebody at the database with a tool of their own. The answer is the first column of the first row.
inline std::string by_hand(const std::filesystem::path& path, const std::string& sql) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    std::string answer;
    char* error = nullptr;
    const auto row = [](void* into, int count, char** values, char**) {
        if (count > 0 && values[0] != nullptr && static_cast<std::string*>(into)->empty()) *static_cast<std::string*>(into) = values[0];
        return 0;
    };
    if (sqlite3_exec(db, sql.c_str(), row, &answer, &error) != SQLITE_OK) answer = std::string("error: ") + error;
    sqlite3_free(error);
    sqlite3_close(db);
    return answer;
}

}  // namespace stint::test
