// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/http.h"

#include "core/hub/http_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <mutex>

namespace luthier::hub {
namespace {

constexpr int kMaxRedirects = 8;
constexpr long kStallSeconds = 30; // without a byte a transfer is taken for dead
constexpr std::size_t kMaxHeaders = 256 * 1024;

struct Exchange {
    HttpAnswer answer;
    const OnHeaders* onHeaders = nullptr;
    const OnBody* onBody = nullptr;
    base::CancelToken cancel;
    std::size_t headerBytes = 0;
    bool told = false;    // onHeaders was called
    bool refused = false; // onHeaders or onBody said no
    bool keepsRedirect = false;
};

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t takeHeader(char* data, std::size_t one, std::size_t count, void* user)
{
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t size = one * count;
    exchange.headerBytes += size;
    if (exchange.headerBytes > kMaxHeaders) {
        return 0;
    }
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) { // also after 100 Continue: the last status counts
        exchange.answer.headers.clear();
        return size;
    }
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        exchange.answer.headers[lower(std::string(trimmed(line.substr(0, colon))))] = trimmed(line.substr(colon + 1));
    }
    return size;
}

bool isRedirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Told once the headers are there, for answers without a body after the request.
bool tell(Exchange& exchange, CURL* handle)
{
    if (exchange.told) {
        return true;
    }
    exchange.told = true;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    exchange.answer.status = static_cast<int>(status);
    if (isRedirect(status) && !exchange.keepsRedirect) {
        return true;
    }
    return !*exchange.onHeaders || (*exchange.onHeaders)(exchange.answer);
}

struct BodyTarget {
    Exchange* exchange;
    CURL* handle;
};

std::size_t takeBody(char* data, std::size_t one, std::size_t count, void* user)
{
    const auto& target = *static_cast<BodyTarget*>(user);
    Exchange& exchange = *target.exchange;
    const std::size_t size = one * count;
    if (!tell(exchange, target.handle)) {
        exchange.refused = true;
        return 0;
    }
    if (exchange.answer.status / 100 != 2) {
        return size; // pages of errors say nothing that the headers do not
    }
    if (*exchange.onBody && !(*exchange.onBody)(std::string_view(data, size))) {
        exchange.refused = true;
        return 0;
    }
    return size;
}

int onTick(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<Exchange*>(user)->cancel.isCancelled() ? 1 : 0;
}

struct Handle {
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), &curl_easy_cleanup};
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, &curl_slist_free_all};

    void add(const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); }
};

void prepare(Handle& handle, const HttpRequest& request, const std::string& url, Exchange& exchange, BodyTarget& target)
{
    CURL* curl = handle.curl.get();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_NOBODY, request.headOnly ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connectTimeout.count()));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "luthier");
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &takeHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &takeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &target);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &onTick);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
    // Packed answers would hide the true length.
    handle.add("Accept-Encoding: identity");
    if (!request.token.empty() && originOf(url) == originOf(request.url)) {
        handle.add("Authorization: Bearer " + request.token);
    }
    if (request.from > 0) {
        handle.add("Range: bytes=" + std::to_string(request.from) + "-");
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle.headers.get());
}

std::string connectionProblem(CURLcode code, const std::string& url)
{
    const std::string host = originOf(url);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return host + ": its name was not found; check the network, or HF_ENDPOINT when it is set";
    case CURLE_COULDNT_CONNECT:
        return host + ": no connection; check the network, or HF_ENDPOINT when it is set";
    case CURLE_OPERATION_TIMEDOUT:
        return host + ": it did not answer in time; try again later";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return host + ": its certificate could not be trusted; check this machine's clock and certificates";
    default:
        return host + ": the connection failed (" + curl_easy_strerror(code) + "); try again";
    }
}

// Where a redirect leads; an error where it must not be followed.
Result<std::string> target(const std::string& from, const std::string& location)
{
    const std::string to = resolveUrl(from, location);
    if (originOf(to).empty()) {
        return Error{originOf(from) + ": it redirects to something that is no web address"};
    }
    if (originOf(from).starts_with("https:") && !originOf(to).starts_with("https:")) {
        return Error{originOf(from) + ": it redirects to an unencrypted address, which is not followed"};
    }
    return to;
}

// One request without following anything.
Result<void> once(const HttpRequest& request, const std::string& url, Exchange& exchange)
{
    Handle handle;
    if (!handle.curl) {
        return Error{"libcurl could not be started; there may be too little memory"};
    }
    BodyTarget target{&exchange, handle.curl.get()};
    prepare(handle, request, url, exchange, target);
    const CURLcode code = curl_easy_perform(handle.curl.get());
    if (request.cancel.isCancelled()) {
        return Error{"cancelled"};
    }
    if (exchange.refused) {
        return {};
    }
    if (code != CURLE_OK && !exchange.told) {
        return Error{connectionProblem(code, url)};
    }
    exchange.refused = !tell(exchange, handle.curl.get());
    exchange.answer.isComplete = code == CURLE_OK;
    return {};
}

} // namespace

Result<HttpAnswer> request(const HttpRequest& request, const OnHeaders& onHeaders, const OnBody& onBody)
{
    static std::once_flag started;
    std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    std::string url = request.url;
    std::map<std::string, std::string> first;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
        Exchange exchange;
        exchange.onHeaders = &onHeaders;
        exchange.onBody = &onBody;
        exchange.cancel = request.cancel;
        exchange.answer.url = url;
        exchange.answer.first = first;
        if (auto done = once(request, url, exchange); !done) {
            return done.error();
        }
        if (originOf(url) == originOf(request.url)) {
            first.insert(exchange.answer.headers.begin(), exchange.answer.headers.end());
            exchange.answer.first = first;
        }
        const std::string location = exchange.answer.header("location");
        if (!isRedirect(exchange.answer.status) || location.empty()) {
            return std::move(exchange.answer);
        }
        auto next = target(url, location);
        if (!next) {
            return next.error();
        }
        if (!request.followToOtherHosts && originOf(*next) != originOf(request.url)) {
            return std::move(exchange.answer);
        }
        url = *next;
    }
    return Error{originOf(request.url) + ": it redirects in a circle"};
}

Result<HttpText> requestText(const HttpRequest& wanted, std::size_t limit)
{
    HttpText text;
    bool tooLong = false;
    auto answer = request(wanted, {}, [&](std::string_view piece) {
        tooLong = text.body.size() + piece.size() > limit;
        text.body += tooLong ? std::string_view() : piece;
        return !tooLong;
    });
    if (!answer) {
        return answer.error();
    }
    if (tooLong) {
        return Error{originOf(wanted.url) + ": its answer is longer than " + std::to_string(limit) + " bytes"};
    }
    if (!answer->isComplete) {
        return Error{originOf(wanted.url) + ": the connection broke in the middle of its answer; try again"};
    }
    text.answer = std::move(*answer);
    return text;
}

bool hasHttp()
{
    return true;
}

} // namespace luthier::hub
