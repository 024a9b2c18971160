// Taking a path for the socket: never from somebody who serves there, never over something that is no socket.
#include "http/socket_path.hpp"

#include "knocker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

namespace stint::http {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TakingAPath : public testing::Test {
protected:
    TakingAPath() {
        std::string name = (fs::temp_directory_path() / "stint-path-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder_ = name;
        path_ = folder_ / "stint.sock";
    }
    ~TakingAPath() override { fs::remove_all(folder_); }

    static std::string why_not(const fs::path& path) {
        try {
            SocketPath taken(path);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    void leave_a_dead_socket() {
        const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::listen(dead.get(), 1), 0);
    }
    fs::path folder_, path_;
};

TEST_F(TakingAPath, ListensForEverybodyAndTidiesUp) {
    {
        SocketPath taken(path_);
        const Descriptor listener = taken.take_listener();
        EXPECT_GE(listener.get(), 0);
        struct stat found {};
        ASSERT_EQ(::stat(path_.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777u, 0666u);
        EXPECT_NO_THROW(Knocker{path_.string()});
    }
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(TakingAPath, ADeadSocketIsReplaced) {
    leave_a_dead_socket();
    SocketPath taken(path_);
    const Descriptor listener = taken.take_listener();
    EXPECT_NO_THROW(Knocker{path_.string()});
}

TEST_F(TakingAPath, ALiveOneIsNot) {
    SocketPath first(path_);
    const Descriptor listener = first.take_listener();
    EXPECT_THAT(why_not(path_), HasSubstr("another broker serves there"));
    EXPECT_NO_THROW(Knocker{path_.string()}) << "the first still serves";
}

TEST_F(TakingAPath, ALiveStrangerWithoutALockIsNotReplacedEither) {
    auto stranger = std::make_unique<SocketPath>(path_);
    const Descriptor listener = stranger->take_listener();
    fs::remove(path_.string() + ".lock");
    EXPECT_THAT(why_not(path_), HasSubstr("another program serves there"));
    EXPECT_NO_THROW(Knocker{path_.string()});
}

TEST_F(TakingAPath, SomethingElseIsLeftAlone) {
    std::ofstream(path_) << "precious";
    EXPECT_THAT(why_not(path_), HasSubstr("something else than a socket"));
    EXPECT_EQ(fs::file_size(path_), 8u);
    fs::remove(path_);
    fs::create_symlink(folder_ / "elsewhere", path_);
    EXPECT_THAT(why_not(path_), HasSubstr("something else than a socket"));
    EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
    fs::remove(path_);
    fs::create_directory(path_);
    EXPECT_THAT(why_not(path_), HasSubstr("something else than a socket"));
}

TEST_F(TakingAPath, BadPathsAreNamed) {
    EXPECT_THAT(why_not("stint.sock"), HasSubstr("not absolute"));
    EXPECT_THAT(why_not(folder_ / std::string(120, 'x')), HasSubstr("longer than 107 bytes"));
    EXPECT_THAT(why_not(folder_ / "missing" / "stint.sock"), HasSubstr("Make the folder"));
}

TEST_F(TakingAPath, WhatIsNotOursAnyMoreIsNotRemoved) {
    auto first = std::make_unique<SocketPath>(path_);
    fs::remove(path_);
    std::ofstream(path_) << "somebody else's";
    first.reset();
    EXPECT_TRUE(fs::exists(path_));
}

/// Many processes reach for a dead socket's path at once: one gets it, and it keeps it.
TEST_F(TakingAPath, OneOfManyProcessesWins) {
    for (int round = 0; round < 20; ++round) {
        leave_a_dead_socket();
        int start[2], won[2], stop[2];
        ASSERT_EQ(::pipe(start) | ::pipe(won) | ::pipe(stop), 0);
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i) {
            const pid_t child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                char byte = 0;
                ::close(start[1]);
                ::close(stop[1]);
                static_cast<void>(::read(start[0], &byte, 1));
                try {
                    SocketPath taken(path_);
                    const Descriptor listener = taken.take_listener();
                    static_cast<void>(::write(won[1], "w", 1));
                    static_cast<void>(::read(stop[0], &byte, 1));
                    ::_exit(0);  // tidies nothing up
                } catch (const std::runtime_error&) {
                    static_cast<void>(::write(won[1], "l", 1));
                }
                ::_exit(0);
            }
            children.push_back(child);
        }
        ::close(start[1]);
        int winners = 0;
        for (std::size_t i = 0; i < children.size(); ++i) {
            char byte = 0;
            ASSERT_EQ(::read(won[0], &byte, 1), 1);
            winners += byte == 'w';
        }
        EXPECT_EQ(winners, 1);
        EXPECT_NO_THROW(Knocker{path_.string()});
        ::close(stop[1]);
        for (const pid_t child : children) ::waitpid(child, nullptr, 0);
        for (const int fd : {start[0], won[0], won[1], stop[0]}) ::close(fd);
        EXPECT_TRUE(fs::exists(path_)) << "a process that just ends leaves a dead socket";
        fs::remove(path_);
    }
}

TEST_F(TakingAPath, AnInheritedSocketIsLookedAtFirst) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    EXPECT_THROW(static_cast<void>(inherited_listener(pipe[0])), std::runtime_error);
    EXPECT_THROW(static_cast<void>(inherited_listener(::socket(AF_UNIX, SOCK_STREAM, 0))), std::runtime_error) << "does not listen";
    EXPECT_THROW(static_cast<void>(inherited_listener(::socket(AF_UNIX, SOCK_DGRAM, 0))), std::runtime_error);
    ::close(pipe[1]);
    SocketPath taken(path_);
    EXPECT_GE(inherited_listener(taken.take_listener().release()).get(), 0);
}

}  // namespace
}  // namespace stint::http
