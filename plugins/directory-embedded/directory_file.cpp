// Reading by toml++, writing by rename.
#include "plugins/directory-embedded/directory_file.hpp"

#include <toml++/toml.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace stint::directory_embedded {

namespace {

std::string place(const std::string& file, const toml::node& node) { return file + ":" + std::to_string(node.source().begin.line) + ": "; }

[[noreturn]] void fail(const std::string& file, const toml::node& node, const std::string& what) { throw FileFault(place(file, node) + what); }

std::string text_of(const toml::table& table, std::string_view key, const std::string& file, bool is_required) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
        if (is_required) fail(file, table, "`" + std::string(key) + "` is missing");
        return {};
    }
    const auto text = node->value_exact<std::string>();
    if (!text || text->size() > 256 || text->find('\0') != std::string::npos) fail(file, *node, "`" + std::string(key) + "` must be a text of at most 256 bytes");
    if (is_required && text->empty()) fail(file, *node, "`" + std::string(key) + "` must not be empty");
    return *text;
}

bool flag_of(const toml::table& table, std::string_view key, const std::string& file) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return true;
    const auto flag = node->value_exact<bool>();
    if (!flag) fail(file, *node, "`" + std::string(key) + "` must be true or false");
    return *flag;
}

void refuse_others(const toml::table& table, std::initializer_list<std::string_view> known, const std::string& file) {
    for (const auto& [key, node] : table) {
        if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
            std::string all;
            for (const auto name : known) all += (all.empty() ? "" : ", ") + std::string(name);
            throw FileFault(place(file, node) + "a key that is not known here; known are: " + all);
        }
    }
}

PersonEntry read_person(const toml::table& table, const std::string& file) {
    refuse_others(table, {"login", "name", "mail", "manager", "enabled"}, file);
    return {text_of(table, "login", file, true), text_of(table, "name", file, false), text_of(table, "mail", file, false),
            text_of(table, "manager", file, false), flag_of(table, "enabled", file)};
}

GroupEntry read_group(const toml::table& table, const std::string& file) {
    refuse_others(table, {"name", "members", "managed"}, file);
    GroupEntry group{text_of(table, "name", file, true), {}, flag_of(table, "managed", file)};
    const toml::node* node = table.get("members");
    if (node == nullptr) return group;
    const toml::array* members = node->as_array();
    if (members == nullptr) fail(file, *node, "`members` must be a list of logins");
    for (const toml::node& member : *members) {
        const auto login = member.value_exact<std::string>();
        if (!login || login->empty()) fail(file, member, "`members` must hold logins");
        if (std::find(group.members.begin(), group.members.end(), *login) != group.members.end()) fail(file, member, "a member twice");
        group.members.push_back(*login);
    }
    return group;
}

template <class Entry, class Read>
void read_tables(const toml::table& root, std::string_view key, const std::string& file, std::map<std::string, Entry>& into, Read read) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const toml::array* tables = node->as_array();
    if (tables == nullptr) fail(file, *node, "must be written as [[" + std::string(key) + "]]");
    for (const toml::node& item : *tables) {
        const toml::table* table = item.as_table();
        if (table == nullptr) fail(file, item, "must be written as [[" + std::string(key) + "]]");
        auto [name, entry] = read(*table);
        if (!into.emplace(name, std::move(entry)).second) fail(file, item, "a " + std::string(key) + " by this name stands above already");
    }
}

}  // namespace

DirectoryText parse_directory(const std::string& text, const std::string& file) {
    DirectoryText directory;
    try {
        const toml::table root = toml::parse(text, file);
        refuse_others(root, {"person", "group"}, file);
        read_tables(root, "person", file, directory.people, [&](const toml::table& table) {
            PersonEntry person = read_person(table, file);
            return std::pair(person.login, person);
        });
        read_tables(root, "group", file, directory.groups, [&](const toml::table& table) {
            GroupEntry group = read_group(table, file);
            return std::pair(group.name, group);
        });
    } catch (const toml::parse_error& error) {
        throw FileFault(file + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
    }
    return directory;
}

std::string read_file(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw FileFault(file.string() + ": cannot be opened: " + std::strerror(errno));
    std::string text;
    char buffer[16384];
    ssize_t count = 0;
    while ((count = ::read(descriptor, buffer, sizeof buffer)) > 0 && text.size() <= largest_file) text.append(buffer, static_cast<std::size_t>(count));
    const int trouble = count < 0 ? errno : 0;
    ::close(descriptor);
    if (trouble != 0) throw FileFault(file.string() + ": cannot be read: " + std::strerror(trouble));
    if (text.size() > largest_file) throw FileFault(file.string() + ": is larger than 4 MiB");
    return text;
}

namespace {

/// Closes and, unless it was kept, removes the file that was being written.
struct Draft {
    std::string path;
    int descriptor = -1;
    bool is_kept = false;
    ~Draft() {
        if (descriptor >= 0) ::close(descriptor);
        if (!is_kept) ::unlink(path.c_str());
    }
};

void write_all(int descriptor, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw FileFault(path + ": cannot be written: " + std::strerror(errno));
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

void replace_file(const std::filesystem::path& file, const std::string& text) {
    struct stat before {};
    if (::stat(file.c_str(), &before) != 0) throw FileFault(file.string() + ": cannot be looked at: " + std::strerror(errno));
    Draft draft{file.string() + ".XXXXXX", -1, false};
    draft.descriptor = ::mkostemp(draft.path.data(), O_CLOEXEC);
    if (draft.descriptor < 0) throw FileFault(file.string() + ": no file can be made beside it: " + std::strerror(errno));
    write_all(draft.descriptor, text, draft.path);
    if (::fchmod(draft.descriptor, before.st_mode & 07777) != 0) throw FileFault(draft.path + ": its mode cannot be set");
    // Only root may give a file away; anybody else writes their own file anyway.
    if (::geteuid() == 0 && ::fchown(draft.descriptor, before.st_uid, before.st_gid) != 0) throw FileFault(draft.path + ": its owner cannot be set");
    if (::fsync(draft.descriptor) != 0) throw FileFault(draft.path + ": cannot be made durable: " + std::strerror(errno));
    if (::rename(draft.path.c_str(), file.c_str()) != 0) throw FileFault(file.string() + ": cannot be replaced: " + std::strerror(errno));
    draft.is_kept = true;
    const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
}

}  // namespace stint::directory_embedded
