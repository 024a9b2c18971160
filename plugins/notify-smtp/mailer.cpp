// One call, one batch, one connection; see mailer.hpp.
#include "plugins/notify-smtp/mailer.hpp"

#include "plugins/sdk/settings.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace stint::notify_smtp {

namespace asio = boost::asio;
namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;
using namespace std::chrono_literals;

namespace {

/// The broker waits a minute for `deliver`: an answer has to come before.
constexpr std::chrono::milliseconds batch_limit = 50s;
constexpr std::size_t remembered_keys = 10000;
constexpr std::size_t most_under_way = 256;

std::string names(const std::vector<std::string>& logins) {
    std::string text;
    for (std::size_t i = 0; i < logins.size() && i < 10; ++i) text += (i == 0 ? "" : ", ") + logins[i];
    if (logins.size() > 10) text += " and " + std::to_string(logins.size() - 10) + " more";
    return text;
}

/// Takes the key out again however the call ends.
class UnderWay {
public:
    UnderWay(std::set<std::string>& keys, const std::string& key) : keys_(keys), key_(key) { keys_.insert(key_); }
    ~UnderWay() { keys_.erase(key_); }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

private:
    std::set<std::string>& keys_;
    std::string key_;
};

}  // namespace

sdk::Identity Mailer::initialize(const json::object& settings, sdk::Notify) {
    settings_ = read_settings(settings);
    return {"notify-smtp", STINT_VERSION, "notify", {}};
}

void Mailer::shutdown() noexcept {
    must_stop_ = true;
    workers_.join();
}

std::shared_ptr<Mailer::Batch> Mailer::prepare(const Notice& notice, const std::string& key) const {
    auto batch = std::make_shared<Batch>();
    const auto done = delivered_.find(key);
    std::set<std::string> seen;
    for (const Recipient& person : notice.recipients) {
        if (person.mail.empty() || !is_address(person.mail)) {
            batch->without_address.push_back(person.login);
        } else if (seen.insert(person.mail).second && (done == delivered_.end() || done->second.count(person.mail) == 0)) {
            batch->letters.push_back({person.login, compose(notice, key, person, settings_.from, settings_.link_base), {}});
        }
    }
    return batch;
}

asio::awaitable<void> Mailer::send_all(Mailer* self, std::shared_ptr<Batch> batch) {
    const auto end = std::chrono::steady_clock::now() + batch_limit;
    Transfer transfer(self->settings_, self->must_stop_);
    bool is_server_there = true;  // a wrong password is tried once, not once for each recipient
    for (Letter& letter : batch->letters) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (!is_server_there || left <= 0ms || self->must_stop_) {
            letter.outcome = {Fate::not_sent, "not tried after what went wrong before", 0, true};
            continue;
        }
        letter.outcome = transfer.send(letter.message, std::min(self->settings_.timeout, left));
        is_server_there = !letter.outcome.is_about_us;
    }
    co_return;
}

void Mailer::remember(const std::string& key, const Batch& batch) {
    for (const Letter& letter : batch.letters) {
        if (letter.outcome.fate != Fate::delivered) continue;
        const auto [entry, is_new] = delivered_.try_emplace(key);
        if (is_new) delivered_order_.push_back(key);
        entry->second.insert(letter.message.to);
    }
    while (delivered_order_.size() > remembered_keys) {
        delivered_.erase(delivered_order_.front());
        delivered_order_.pop_front();
    }
}

void Mailer::judge(const Batch& batch, std::size_t before) {
    std::size_t delivered = before;
    const Letter* worst = nullptr;
    std::vector<std::string> missed;
    for (const Letter& letter : batch.letters) {
        if (letter.outcome.fate == Fate::delivered) {
            ++delivered;
            continue;
        }
        missed.push_back(letter.login);
        // An unknown fate counts most, then what a retry may mend.
        const auto weight = [](Fate fate) { return fate == Fate::unknown ? 3 : fate == Fate::not_sent ? 2 : 1; };
        if (worst == nullptr || weight(letter.outcome.fate) > weight(worst->outcome.fate)) worst = &letter;
    }
    if (worst == nullptr && delivered > 0) return;
    if (worst == nullptr)
        throw PluginError(Reason::refused, "none of the recipients has a mail address that can be used: " + names(batch.without_address));
    const std::string text = "no mail to " + names(missed) + ": " + worst->outcome.words;
    Reason reason = Reason::unreachable;
    if (worst->outcome.fate == Fate::unknown) reason = Reason::unknown_outcome;
    if (worst->outcome.fate == Fate::refused) reason = Reason::refused;
    throw PluginError(reason, text, worst->outcome.reply);
}

asio::awaitable<json::object> Mailer::deliver(json::object params) {
    const std::string key = sdk::required_text(params, "key", 256);
    const Notice notice = read_notice(params);
    if (under_way_.count(key) != 0) throw PluginError(Reason::busy, "a message by this key is being sent at the moment");
    if (under_way_.size() >= most_under_way)
        throw PluginError(Reason::busy, "256 messages wait for the mail server already; nothing was sent");
    const UnderWay mark(under_way_, key);
    const std::shared_ptr<Batch> batch = prepare(notice, key);
    if (!batch->without_address.empty()) sdk::log_line("no mail address that can be used: " + names(batch->without_address));
    const auto done = delivered_.find(key);
    const std::size_t before = done == delivered_.end() ? 0 : done->second.size();
    if (!batch->letters.empty()) {
        asio::awaitable<void> sending = send_all(this, batch);
        asio::awaitable<void> sent = asio::co_spawn(workers_, std::move(sending), asio::use_awaitable);
        co_await std::move(sent);
    }
    remember(key, *batch);
    judge(*batch, before);
    co_return json::object{};
}

asio::awaitable<json::object> Mailer::call(std::string_view method, json::object params) {
    if (method != "deliver") throw PluginError(Reason::unknown_method, "a channel for notices has no such method");
    asio::awaitable<json::object> work = deliver(std::move(params));
    co_return co_await std::move(work);
}

}  // namespace stint::notify_smtp
