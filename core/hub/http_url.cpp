// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/http_url.h"

#include "core/hub/http.h"

#include <algorithm>
#include <cctype>

namespace luthier::hub {
namespace {

std::string lower(std::string_view text)
{
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](unsigned char c) { return std::tolower(c); });
    return lowered;
}

bool isUnreserved(unsigned char c)
{
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
}

} // namespace

std::string HttpAnswer::header(const std::string& name) const
{
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
}

std::string HttpAnswer::firstHeader(const std::string& name) const
{
    const auto at = first.find(name);
    return at == first.end() ? std::string() : at->second;
}

std::string urlQuoted(std::string_view text, bool keepSlashes)
{
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string quoted;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (isUnreserved(byte) || (keepSlashes && c == '/')) {
            quoted += c;
        } else {
            quoted += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return quoted;
}

std::string originOf(std::string_view url)
{
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return {};
    }
    std::string_view rest = url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#\\"));
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        rest = rest.substr(at + 1); // a name and password are no part of the origin
    }
    const std::string name = lower(url.substr(0, scheme));
    if (rest.empty() || (name != "http" && name != "https")) {
        return {};
    }
    std::string host = lower(rest);
    const std::string usual = name == "https" ? ":443" : ":80";
    if (host.ends_with(usual)) {
        host.resize(host.size() - usual.size());
    }
    return name + "://" + host;
}

std::string resolveUrl(std::string_view base, std::string_view location)
{
    if (location.find("://") != std::string_view::npos && location.find("://") < location.find_first_of("/?#")) {
        return std::string(location);
    }
    const auto scheme = base.find("://");
    if (scheme == std::string_view::npos || location.empty()) {
        return {};
    }
    if (location.starts_with("//")) {
        return std::string(base.substr(0, scheme + 1)) + std::string(location);
    }
    const auto path = base.find('/', scheme + 3);
    const std::string_view root = base.substr(0, path);
    if (location.starts_with("/") || path == std::string_view::npos) {
        return std::string(root) + (location.starts_with("/") ? "" : "/") + std::string(location);
    }
    const std::string_view file = base.substr(0, base.find_first_of("?#", path));
    return std::string(file.substr(0, file.rfind('/') + 1)) + std::string(location);
}

} // namespace luthier::hub
