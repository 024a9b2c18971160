// A login is a person's id and a name a group's: in this directory neither is ever given to somebody else but by hand.
#include "plugins/directory-embedded/embedded_directory.hpp"

#include "plugins/directory-embedded/members_edit.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/json/array.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace stint::directory_embedded {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

constexpr std::size_t page_limit = 500;

/// One writer at a time, over all processes; the lock is a file of its own, since the directory's is replaced.
class WriteLock {
public:
    explicit WriteLock(const std::filesystem::path& file) : descriptor_(::open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0) throw PluginError(Reason::unreachable, file.string() + ": cannot be locked for writing");
    }
    ~WriteLock() { ::close(descriptor_); }
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;

private:
    int descriptor_;
};

bool holds(const GroupEntry& group, const std::string& login) {
    return std::find(group.members.begin(), group.members.end(), login) != group.members.end();
}

json::object person_json(const PersonEntry& person) {
    return {{"id", person.login},     {"login", person.login}, {"name", person.name},
            {"mail", person.mail},    {"manager", person.manager}, {"enabled", person.is_enabled}};
}

const GroupEntry& group_of(const DirectoryText& directory, const std::string& name) {
    const auto found = directory.groups.find(name);
    if (found == directory.groups.end()) throw PluginError(Reason::not_found, "the directory has no such group");
    return found->second;
}

std::string either(const json::object& params, const char* first, const char* second) {
    if (params.contains(first)) return sdk::required_text(params, first);
    return sdk::required_text(params, second);
}

}  // namespace

sdk::Identity EmbeddedDirectory::initialize(const json::object& settings, sdk::Notify) {
    sdk::refuse_unknown_keys(settings, {"file", "managed_groups"});
    file_ = sdk::required_text(settings, "file", 4096);
    if (const json::value* list = settings.if_contains("managed_groups")) {
        if (!list->is_array()) throw PluginError(Reason::invalid_params, "managed_groups must be a list of groups");
        for (const json::value& name : list->get_array()) {
            if (!name.is_string()) throw PluginError(Reason::invalid_params, "managed_groups must be a list of groups");
            managed_.emplace(name.get_string());
        }
    }
    return {"directory-embedded", STINT_VERSION, "directory", {"post_read"}};
}

DirectoryText EmbeddedDirectory::load() const {
    try {
        return parse_directory(read_file(file_), file_.string());
    } catch (const FileFault& fault) {
        throw PluginError(Reason::unreachable, fault.what());
    }
}

json::object EmbeddedDirectory::person(const json::object& params) const {
    const std::string login = either(params, "login", "id");
    const DirectoryText directory = load();
    const auto found = directory.people.find(login);
    if (found == directory.people.end()) throw PluginError(Reason::not_found, "the directory has no such person");
    json::object answer = person_json(found->second);
    json::array groups;
    for (const auto& [name, group] : directory.groups) {
        if (holds(group, login)) groups.push_back(json::object{{"id", name}, {"name", name}});
    }
    answer["groups"] = std::move(groups);
    return {{"person", std::move(answer)}};
}

json::object EmbeddedDirectory::group(const json::object& params) const {
    const DirectoryText directory = load();
    const GroupEntry& found = group_of(directory, either(params, "name", "id"));
    const bool is_managed = found.is_managed && (managed_.empty() || managed_.count(found.name) != 0);
    return {{"group", json::object{{"id", found.name}, {"name", found.name}, {"managed", is_managed}, {"may_be_empty", true}, {"kind", "file"}}}};
}

json::object EmbeddedDirectory::members(const json::object& params) const {
    const DirectoryText directory = load();
    const GroupEntry& group = group_of(directory, sdk::required_text(params, "group"));
    std::size_t at = 0;
    if (const std::string cursor = sdk::text_or(params, "cursor", ""); !cursor.empty()) {
        if (cursor.size() > 9 || cursor.find_first_not_of("0123456789") != std::string::npos) throw PluginError(Reason::invalid_params, "cursor is not one of ours");
        at = std::stoul(cursor);
    }
    std::size_t limit = page_limit;
    if (const json::value* wanted = params.if_contains("limit")) {
        if (!wanted->is_int64() || wanted->get_int64() < 1) throw PluginError(Reason::invalid_params, "limit must be a number from 1");
        limit = std::min<std::size_t>(page_limit, static_cast<std::size_t>(wanted->get_int64()));
    }
    json::object answer;
    json::array page;
    for (; at < group.members.size() && page.size() < limit; ++at) {
        const auto person = directory.people.find(group.members[at]);
        if (person != directory.people.end()) page.push_back(person_json(person->second));
    }
    answer["members"] = std::move(page);
    if (at < group.members.size()) answer["cursor"] = std::to_string(at);
    return answer;
}

json::object EmbeddedDirectory::read_back(const json::object& params) const {
    const DirectoryText directory = load();
    const GroupEntry& group = group_of(directory, sdk::required_text(params, "group"));
    return {{"present", holds(group, sdk::required_text(params, "person"))}, {"server", file_.string()}};
}

json::object EmbeddedDirectory::write(const json::object& params, bool must_be_there) const {
    const std::string name = sdk::required_text(params, "group");
    const std::string login = sdk::required_text(params, "person");
    bool is_replaced = false;
    try {
        const WriteLock lock(file_);
        const std::string text = read_file(file_);
        const DirectoryText directory = parse_directory(text, file_.string());
        const GroupEntry& group = group_of(directory, name);
        if (!group.is_managed || (!managed_.empty() && managed_.count(name) == 0)) {
            throw PluginError(Reason::not_allowed, "this group is not among those that are lent");
        }
        if (must_be_there && directory.people.count(login) == 0) throw PluginError(Reason::not_found, "the directory has no such person");
        const bool is_there = holds(group, login);
        if (is_there != must_be_there) {
            is_replaced = true;
            replace_file(file_, must_be_there ? with_member(text, file_.string(), name, login) : without_member(text, file_.string(), name, login));
        }
        const char* const changed = must_be_there ? "added" : "removed";
        const char* const already = must_be_there ? "already_present" : "already_absent";
        // What is written is what stands there now: read it once more rather than believe it.
        const DirectoryText after = parse_directory(read_file(file_), file_.string());
        return {{"outcome", is_there == must_be_there ? already : changed}, {"present", holds(group_of(after, name), login)}, {"server", file_.string()}};
    } catch (const FileFault& fault) {
        throw PluginError(is_replaced ? Reason::unknown_outcome : Reason::unreachable, fault.what());
    }
}

boost::asio::awaitable<json::object> EmbeddedDirectory::call(std::string_view method, json::object params) {
    if (method == "person") co_return person(params);
    if (method == "group") co_return group(params);
    if (method == "members") co_return members(params);
    if (method == "read_back") co_return read_back(params);
    if (method == "add") co_return write(params, true);
    if (method == "remove") co_return write(params, false);
    throw PluginError(Reason::unknown_method, "this directory has no such method");
}

}  // namespace stint::directory_embedded
