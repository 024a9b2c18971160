// What is read from disk, and what is not trusted there.
#include "config/config.hpp"

#include "texts.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace stint;
using namespace stint::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<std::string> errors_of(const std::filesystem::path& file) {
    Faults faults;
    (void)load_config(file, faults);
    return faults.errors;
}

}  // namespace

TEST(Files, DropInsAreReadInOrderOfName) {
    const Folder folder;
    const auto file = folder.write("stintd.toml", least);
    folder.write("stintd.toml.d/10.toml", "listen.socket = \"/ten\"\nlog.level = \"debug\"\n");
    folder.write("stintd.toml.d/9.toml", "listen.socket = \"/nine\"\n");
    folder.write("stintd.toml.d/.hidden.toml", "nonsense\n");
    folder.write("stintd.toml.d/99.toml.bak", "nonsense\n");
    Faults faults;
    const Config config = load_config(file, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_EQ(config.listen.socket, "/nine");  // "9" stands after "10"
    EXPECT_EQ(config.log.level, "debug");
}

TEST(Files, AMissingFileIsAnErrorAndNothingMore) {
    const Folder folder;
    EXPECT_THAT(errors_of(folder / "stintd.toml"), ElementsAre((folder / "stintd.toml").string() + ": cannot be read: No such file or directory"));
}

TEST(Files, WhatEverybodyMayWriteIsNotTrusted) {
    const Folder folder;
    const auto file = folder.write("stintd.toml", least);
    ::chmod(file.c_str(), 0646);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("everybody may write this file")));
    ::chmod(file.c_str(), 0644);
    EXPECT_THAT(errors_of(file), IsEmpty());
    const auto drop_in = folder.write("stintd.toml.d/1.toml", "");
    EXPECT_THAT(errors_of(file), IsEmpty());
    ::chmod(drop_in.c_str(), 0602);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("1.toml: everybody may write this file")));
    ::chmod(drop_in.c_str(), 0600);
    ::chmod((folder / "stintd.toml.d").c_str(), 01777);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("everybody may write into this folder")));
}

TEST(Files, WhatAGroupOrAStrangerMayWriteIsNotTrusted) {
    const Folder folder;
    const auto file = folder.write("stintd.toml", least);
    ::chmod(file.c_str(), 0664);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("its group may write this file")));
    ::chmod(file.c_str(), 0640);
    const auto drop_in = folder.write("stintd.toml.d/1.toml", "");
    ::chmod((folder / "stintd.toml.d").c_str(), 0775);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("its group may write into this folder")));
    ::chmod((folder / "stintd.toml.d").c_str(), 0755);
    EXPECT_THAT(errors_of(file), IsEmpty());
    if (::geteuid() != 0) GTEST_SKIP() << "gives files away, which only root can";
    ASSERT_EQ(::chown(drop_in.c_str(), 4711, 0), 0);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("1.toml: uid 4711 owns and may write this file")));
    ASSERT_EQ(::chown(drop_in.c_str(), 0, 4711), 0);
    EXPECT_THAT(errors_of(file), IsEmpty());
    ASSERT_EQ(::chown((folder / "stintd.toml.d").c_str(), 4711, 0), 0);
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("uid 4711 owns and may write into this folder")));
}

TEST(Files, OnlyRegularFilesOfAnHonestSizeAreRead) {
    const Folder folder;
    ASSERT_EQ(::mkfifo((folder / "fifo.toml").c_str(), 0600), 0);
    EXPECT_THAT(errors_of(folder / "fifo.toml"), ElementsAre(HasSubstr("is not a regular file")));
    EXPECT_THAT(errors_of(folder.path()), ElementsAre(HasSubstr("is not a regular file")));
    EXPECT_THAT(errors_of("/dev/zero"), ElementsAre("/dev/zero: is not a regular file"));
    const auto file = folder.write("stintd.toml", least + std::string(1024 * 1024 - least.size(), '\n'));
    EXPECT_THAT(errors_of(file), IsEmpty());
    folder.write("stintd.toml", least + std::string(1024 * 1024 - least.size() + 1, '\n'));
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("is larger than 1 MiB")));
    folder.write("stintd.toml", least);
    folder.write("stintd.toml.d", "a file");
    EXPECT_THAT(errors_of(file), ElementsAre(HasSubstr("stintd.toml.d: is not a folder")));
}

TEST(Files, NamesAreEscapedInMessages) {
    const Folder folder;
    Faults faults;
    const auto file = folder.write("stintd.toml", least);
    folder.write("stintd.toml.d/a\x1b[31m.toml", "x = 1");
    (void)load_config(file, faults);
    ASSERT_EQ(faults.errors.size(), 1U);
    EXPECT_EQ(faults.errors[0].find('\x1b'), std::string::npos);
}

TEST(Files, APolicyFolderMustBeThere) {
    const Folder folder;
    Faults faults;
    (void)load_policy(folder / "policy.d", {}, faults);
    EXPECT_THAT(faults.errors, ElementsAre((folder / "policy.d").string() + ": cannot be read: No such file or directory"));
}
