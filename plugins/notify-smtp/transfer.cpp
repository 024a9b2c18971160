// libcurl's easy interface, one handle a Transfer. What the server said last is taken from curl's trace, in which the
// password may stand too: of it only the server's lines are ever looked at. See transfer.hpp.
#include "plugins/notify-smtp/transfer.hpp"

#include "plugins/sdk/plain_line.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace stint::notify_smtp {

namespace {

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

struct FreeMime {
    void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using Mime = std::unique_ptr<curl_mime, FreeMime>;

void must(CURLcode code) {
    if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

void append(List& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
}

void add_part(curl_mime* mime, const std::string& body, const char* type) {
    curl_mimepart* part = curl_mime_addpart(mime);
    if (part == nullptr) throw std::bad_alloc();
    must(curl_mime_data(part, body.data(), body.size()));
    must(curl_mime_type(part, type));
    must(curl_mime_encoder(part, "quoted-printable"));
}

/// What one transfer left behind.
struct Trace {
    const std::atomic<bool>* must_stop = nullptr;
    std::string last_line;        ///< of the server
    bool was_body_begun = false;  ///< bytes of the mail itself have left
};

int on_trace(CURL*, curl_infotype kind, char* data, std::size_t size, void* user) {
    auto& trace = *static_cast<Trace*>(user);
    if (kind == CURLINFO_DATA_OUT) trace.was_body_begun = true;
    if (kind == CURLINFO_HEADER_IN) trace.last_line.assign(data, std::min<std::size_t>(size, 512));
    return 0;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Trace*>(user)->must_stop->load() ? 1 : 0;
}

/// A reply that is about us (no login, no TLS, no right to send), not about this mail: an administrator can mend it.
bool is_about_login(CURLcode code, long reply) {
    return code == CURLE_LOGIN_DENIED || reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

}  // namespace

struct Transfer::Handle {
    CURL* curl = curl_easy_init();
    char words[CURL_ERROR_SIZE] = {};
    Trace trace;
    ~Handle() { curl_easy_cleanup(curl); }
};

void start_curl() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) throw std::runtime_error("libcurl cannot start");
}

Transfer::Transfer(const Settings& settings, const std::atomic<bool>& must_stop)
    : settings_(settings), must_stop_(must_stop), handle_(std::make_unique<Handle>()) {
    CURL* curl = handle_->curl;
    if (curl == nullptr) throw std::bad_alloc();
    handle_->trace.must_stop = &must_stop_;
    must(curl_easy_setopt(curl, CURLOPT_URL, settings_.url.c_str()));
    must(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps"));
    must(curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL)));
    must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L));
    must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L));
    must(curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)));
    if (!settings_.ca_file.empty()) {  // this one and no other: not the system's folder beside it
        must(curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.ca_file.c_str()));
        must(curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr));
    }
    must(curl_easy_setopt(curl, CURLOPT_PROXY, ""));  // not from the environment
    must(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
    must(curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L));
    must(curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, &on_trace));
    must(curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &handle_->trace));
    must(curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L));
    must(curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress));
    must(curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &handle_->trace));
    must(curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->words));
    const std::string sender = "<" + settings_.from.address + ">";
    must(curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str()));
    if (!settings_.username.empty()) {
        must(curl_easy_setopt(curl, CURLOPT_USERNAME, settings_.username.c_str()));
        must(curl_easy_setopt(curl, CURLOPT_PASSWORD, settings_.password.c_str()));
    }
}

Transfer::~Transfer() = default;

Outcome Transfer::send(const Message& message, std::chrono::milliseconds limit) {
    CURL* curl = handle_->curl;
    handle_->words[0] = '\0';
    handle_->trace.last_line.clear();
    handle_->trace.was_body_begun = false;
    List recipients;
    append(recipients, "<" + message.to + ">");
    List headers;
    for (const std::string& header : message.headers) append(headers, header);
    const Mime mime(curl_mime_init(curl));
    if (!mime) throw std::bad_alloc();
    add_part(mime.get(), message.text, "text/plain; charset=utf-8");
    add_part(mime.get(), message.html, "text/html; charset=utf-8");
    must(curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get()));
    must(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get()));
    must(curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime.get()));
    must(curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, limit.count()))));
    must(curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(limit.count(), 1, 15000))));
    const CURLcode code = curl_easy_perform(curl);
    // The handle outlives what it points to: let it forget.
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, nullptr);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, nullptr);
    if (code == CURLE_OK) return {Fate::delivered, {}, 250, false};

    long reply = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    Outcome outcome;
    outcome.reply = static_cast<int>(reply);
    std::string_view said = handle_->trace.last_line;
    while (!said.empty() && (said.back() == '\n' || said.back() == '\r')) said.remove_suffix(1);
    outcome.words = handle_->words[0] != '\0' ? handle_->words : curl_easy_strerror(code);
    if (reply >= 400 && !said.empty()) outcome.words += "; the server said: " + std::string(said);
    outcome.words = sdk::one_line(outcome.words, 512);
    outcome.is_about_us = reply < 400 || is_about_login(code, reply);
    if (is_about_login(code, reply))
        outcome.fate = Fate::not_sent;
    else if (reply >= 500 && reply <= 599)
        outcome.fate = Fate::refused;
    else if (reply >= 400 && reply <= 499)
        outcome.fate = Fate::not_sent;
    else
        outcome.fate = handle_->trace.was_body_begun ? Fate::unknown : Fate::not_sent;
    return outcome;
}

}  // namespace stint::notify_smtp
