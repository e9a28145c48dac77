// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP as the hub needs it: one request, its headers, and its body in pieces. Redirects are followed here, one by
// one, so that the token goes to the host it belongs to and to no other; never from https to http.
//
// Threads: any; requests share nothing.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace luthier::hub {

struct HttpRequest {
    std::string url;
    std::string token;              // sent as a bearer to the url's own origin only
    bool headOnly = false;
    bool followToOtherHosts = true; // false: such a redirect is the answer
    std::int64_t from = 0;          // > 0: only the bytes from there on
    std::chrono::milliseconds connectTimeout{10'000};
    base::CancelToken cancel;
};

struct HttpAnswer {
    int status = 0;
    std::string url;                            // the one that answered
    std::map<std::string, std::string> headers; // of the last answer, names in lower case
    std::map<std::string, std::string> first;   // of every answer of the asked host; the first to name one counts
    bool isComplete = false;                    // the body came to its end

    std::string header(const std::string& name) const;
    std::string firstHeader(const std::string& name) const;
};

// Called with the answer before its first byte: false ends the request without reading the body.
using OnHeaders = std::function<bool(const HttpAnswer&)>;
// Each piece of the body of an answer with status 2xx; false ends the request.
using OnBody = std::function<bool(std::string_view)>;

// An answer with any status is a value; an Error is a connection that failed, or "cancelled". When the connection
// breaks in the body the value's isComplete is false.
Result<HttpAnswer> request(const HttpRequest& request, const OnHeaders& onHeaders, const OnBody& onBody);

// The whole body, at most `limit` bytes.
struct HttpText {
    HttpAnswer answer;
    std::string body;
};
Result<HttpText> requestText(const HttpRequest& request, std::size_t limit);

bool hasHttp(); // false: built without it

std::string urlQuoted(std::string_view text, bool keepSlashes);
std::string originOf(std::string_view url); // "https://host:port", lower case; empty when it is no http(s) url

} // namespace luthier::hub
