// A login is a person's id and a name a group's: in this directory neither is ever given to somebody else but by hand.
#include "plugins/directory-embedded/embedded_directory.hpp"

#include "plugins/directory-embedded/members_edit.hpp"
#include "plugins/directory-embedded/write_lock.hpp"
#include "plugins/sdk/settings.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>

namespace stint::directory_embedded {

namespace asio = boost::asio;
namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t page_limit = 500;
constexpr auto lock_patience = 5s;
constexpr auto lock_pace = 10ms;

json::object person_json(const PersonEntry& person) {
    return {{"id", person.login},  {"login", person.login},     {"name", person.name},
            {"mail", person.mail}, {"manager", person.manager}, {"enabled", person.is_enabled}};
}

const GroupEntry& group_of(const DirectoryText& directory, std::string_view name) {
    const auto found = directory.groups.find(name);
    if (found == directory.groups.end()) throw PluginError(Reason::not_found, "the directory has no such group");
    return found->second;
}

std::string either(const json::object& params, const char* first, const char* second) {
    return sdk::required_text(params, params.contains(first) ? first : second);
}

std::size_t page_size(const json::object& params) {
    const json::value* wanted = params.if_contains("limit");
    if (wanted == nullptr) return page_limit;
    if (!wanted->is_int64() || wanted->get_int64() < 1) throw PluginError(Reason::invalid_params, "limit must be a number from 1");
    return static_cast<std::size_t>(std::min<std::int64_t>(page_limit, wanted->get_int64()));
}

}  // namespace

sdk::Identity EmbeddedDirectory::initialize(const json::object& settings, sdk::Notify notify) {
    sdk::refuse_unknown_keys(settings, {"file", "managed_groups"});
    const std::filesystem::path file = sdk::required_text(settings, "file", 4096);
    if (const json::value* list = settings.if_contains("managed_groups")) {
        if (!list->is_array()) throw PluginError(Reason::invalid_params, "managed_groups must be a list of groups");
        managed_.emplace();
        for (const json::value& name : list->get_array()) {
            if (!name.is_string()) throw PluginError(Reason::invalid_params, "managed_groups must be a list of groups");
            managed_->emplace(name.get_string());
        }
    }
    file_ = std::filesystem::absolute(file);
    notify_ = std::move(notify);
    watch();
    tell_changes();  // takes the file as the broker finds it
    return {"directory-embedded", STINT_VERSION, "directory", {"post_read", "watch"}};
}

void EmbeddedDirectory::shutdown() noexcept {
    if (watch_) watch_->stop();
}

void EmbeddedDirectory::watch() {
    if (watch_ && watch_->is_alive()) return;
    std::error_code is_missing;
    const auto real = std::filesystem::weakly_canonical(file_, is_missing);
    try {
        watch_ = sdk::FileWatch::start(executor_, is_missing ? file_ : real, [this] { tell_changes(); });
    } catch (const std::system_error&) {
        watch_.reset();  // its folder is not there (yet): the next call tries again, and says what is wrong
    }
}

void EmbeddedDirectory::remember(const sdk::FileText& read, DirectoryText directory) {
    directory_ = std::move(directory);
    settled_.reset();
    if (read.is_settled) settled_ = read.stamp;
}

const DirectoryText& EmbeddedDirectory::load() {
    watch();
    try {
        if (settled_ && sdk::stamp_of(file_) == *settled_) return directory_;
        const sdk::FileText read = sdk::read_file(file_, largest_file);
        remember(read, parse_directory(read.text, file_.string()));
        is_broken_ = false;
        return directory_;
    } catch (const std::runtime_error& fault) {  // FileFault, FileTrouble
        settled_.reset();
        throw PluginError(Reason::unreachable, fault.what());
    }
}

void EmbeddedDirectory::tell_changes() {
    try {
        static_cast<void>(load());
    } catch (const PluginError& error) {
        if (!is_broken_) sdk::log_line(std::string("the directory cannot be used until this is mended: ") + error.what());
        is_broken_ = true;
        return;
    }
    if (!has_told_) {
        told_ = directory_;
        has_told_ = true;
        return;
    }
    const DirectoryText before = std::exchange(told_, directory_);
    const auto tell = [this](const std::string& name) { notify_("changed", {{"group", name}}); };
    for (const auto& [name, group] : told_.groups) {
        const auto earlier = before.groups.find(name);
        if (earlier == before.groups.end() || earlier->second.members != group.members) tell(name);
    }
    for (const auto& [name, group] : before.groups) {
        if (told_.groups.count(name) == 0) tell(name);
    }
}

json::object EmbeddedDirectory::person(const json::object& params) {
    const std::string login = either(params, "login", "id");
    const DirectoryText& directory = load();
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

bool EmbeddedDirectory::is_managed(const GroupEntry& group) const {
    return group.is_managed && (!managed_ || managed_->count(group.name) != 0);
}

json::object EmbeddedDirectory::group(const json::object& params) {
    const GroupEntry& found = group_of(load(), either(params, "name", "id"));
    return {{"group", json::object{{"id", found.name},
                                   {"name", found.name},
                                   {"managed", is_managed(found)},
                                   {"may_be_empty", true},
                                   {"kind", "a group in a file"}}}};
}

json::object EmbeddedDirectory::members(const json::object& params) {
    const DirectoryText& directory = load();
    // By name, so that a page goes on where the last one ended even when somebody was added in between.
    std::vector<std::string> logins = group_of(directory, sdk::required_text(params, "group")).members;
    std::sort(logins.begin(), logins.end());
    const std::string cursor = sdk::text_or(params, "cursor", "");
    const std::size_t limit = page_size(params);
    json::object answer;
    json::array page;
    auto login = std::upper_bound(logins.begin(), logins.end(), cursor);
    for (; login != logins.end() && page.size() < limit; ++login) {
        const auto person = directory.people.find(*login);
        if (person != directory.people.end()) page.push_back(person_json(person->second));
    }
    if (login != logins.end()) answer["cursor"] = *std::prev(login);
    answer["members"] = std::move(page);
    return answer;
}

json::object EmbeddedDirectory::read_back(const json::object& params) {
    const GroupEntry& group = group_of(load(), sdk::required_text(params, "group"));
    return {{"present", holds(group, sdk::required_text(params, "person"))}, {"server", file_.string()}};
}

asio::awaitable<json::object> EmbeddedDirectory::write(json::object params, bool must_be_there) {
    const std::string group = sdk::required_text(params, "group");
    const std::string login = sdk::required_text(params, "person");
    try {
        WriteLock lock(file_);
        const auto limit = std::chrono::steady_clock::now() + lock_patience;
        while (!lock.try_lock()) {
            if (std::chrono::steady_clock::now() > limit)
                throw PluginError(Reason::busy,
                                  file_.string() + ".lock: another program has held it for five seconds; nothing was written");
            asio::steady_timer pause(executor_, lock_pace);
            boost::system::error_code error;
            auto token = asio::redirect_error(asio::use_awaitable, error);
            co_await pause.async_wait(token);
        }
        co_return write_locked(group, login, must_be_there);
    } catch (const sdk::FileTrouble& trouble) {
        throw PluginError(Reason::unreachable, trouble.what());
    }
}

json::object EmbeddedDirectory::write_locked(const std::string& name, const std::string& login, bool must_be_there) {
    settled_.reset();  // what is judged here is what stands in the file now
    const DirectoryText& directory = load();
    const GroupEntry& group = group_of(directory, name);
    if (!is_managed(group)) throw PluginError(Reason::not_allowed, "this group is not among those that stint may change");
    const bool is_there = holds(group, login);
    if (must_be_there && directory.people.count(login) == 0) throw PluginError(Reason::not_found, "the directory has no such person");
    json::object answer{{"server", file_.string()}};
    if (is_there == must_be_there) {
        answer["outcome"] = must_be_there ? "already_present" : "already_absent";
        answer["present"] = is_there;
        return answer;
    }
    put_member(name, login, must_be_there);
    answer["outcome"] = must_be_there ? "added" : "removed";
    try {
        // What is written is what stands there now: read it once more rather than believe it.
        answer["present"] = holds(group_of(load(), name), login);
    } catch (const PluginError& error) {
        throw PluginError(Reason::unknown_outcome, error.what());
    }
    return answer;
}

void EmbeddedDirectory::put_member(const std::string& name, const std::string& login, bool must_be_there) {
    try {
        const sdk::FileText read = sdk::read_file(file_, largest_file);
        const std::string edited =
            must_be_there ? with_member(read.text, file_.string(), name, login) : without_member(read.text, file_.string(), name, login);
        sdk::replace_file(file_, edited, read.stamp);
    } catch (const FileFault& fault) {
        throw PluginError(Reason::unreachable, fault.what());
    } catch (const sdk::FileTrouble& trouble) {
        throw PluginError(trouble.may_be_done() ? Reason::unknown_outcome : Reason::unreachable, trouble.what());
    }
    // Our own change is no news.
    const auto known = told_.groups.find(name);
    if (known == told_.groups.end()) return;
    std::vector<std::string>& members = known->second.members;
    if (must_be_there)
        members.push_back(login);
    else
        members.erase(std::remove(members.begin(), members.end(), login), members.end());
}

asio::awaitable<json::object> EmbeddedDirectory::call(std::string_view method, json::object params) {
    if (method == "person") co_return person(params);
    if (method == "group") co_return group(params);
    if (method == "members") co_return members(params);
    if (method == "read_back") co_return read_back(params);
    const bool is_add = method == "add";
    if (!is_add && method != "remove") throw PluginError(Reason::unknown_method, "a directory has no such method");
    asio::awaitable<json::object> work = write(std::move(params), is_add);
    co_return co_await std::move(work);
}

}  // namespace stint::directory_embedded
