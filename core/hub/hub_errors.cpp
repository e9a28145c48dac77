// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/hub_errors.h"

#include "core/hub/repo_name.h"

namespace luthier::hub {
namespace {

// "org/name" of "org/name/file".
std::string repoOf(const std::string& what)
{
    const auto slash = what.find('/');
    const auto second = slash == std::string::npos ? slash : what.find('/', slash + 1);
    return what.substr(0, second);
}

std::string tokenAdvice(const HubSettings& settings)
{
    return settings.token.empty() ? "give an access token that may read it (HF_TOKEN, or Access token in the studio)"
                                  : "use an access token of an account that may read it";
}

std::string gated(const HubSettings& settings, const std::string& what)
{
    return what + ": its authors let only those in who accepted their terms; accept them at " + settings.endpoint + "/" + repoOf(what)
           + ", then " + tokenAdvice(settings);
}

} // namespace

bool isWorthRetrying(int status)
{
    return status == 408 || status == 429 || status >= 500;
}

Error answerError(const HttpAnswer& answer, const HubSettings& settings, const std::string& what)
{
    const std::string code = answer.firstHeader("x-error-code");
    const std::string said = answer.firstHeader("x-error-message");
    if (code == "GatedRepo") {
        return {gated(settings, what)};
    }
    if (said.find("Invalid credentials") != std::string::npos) {
        return {what + ": the hub does not accept the access token; make a new one at " + settings.endpoint + "/settings/tokens"};
    }
    if (code == "RevisionNotFound") {
        return {what + ": it has no such revision; leave @revision out for the newest"};
    }
    if (code == "EntryNotFound") {
        return {what + ": the hub has no such file"};
    }
    switch (answer.status) {
    case 401:
        // The hub hides private models and misspelt ones behind the same answer.
        return {what + ": no model of that name is open to everybody; check its spelling, or if it is private or gated " + tokenAdvice(settings)};
    case 403:
        return {gated(settings, what)};
    case 404:
        return {what + ": the hub at " + settings.endpoint + " has no such model; check its spelling"};
    case 429:
        return {what + ": the hub asks for a pause, too many requests came from here; try again in some minutes"};
    default:
        return {what + ": the hub answered with status " + std::to_string(answer.status)
                + (answer.status >= 500 ? "; it has a problem of its own, try again later" : "")};
    }
}

Error offlineError(const HubSettings& settings)
{
    return {settings.offlineBecause + ", so nothing is asked of the hub or downloaded; models on this machine work as ever"};
}

} // namespace luthier::hub
