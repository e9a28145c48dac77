// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/repo_name.h"

#include <algorithm>
#include <cctype>

namespace luthier::hub {
namespace {

constexpr std::size_t kMaxName = 96;
constexpr std::size_t kMaxPath = 1024;
constexpr std::string_view kPrefix = "models--";

bool isName(std::string_view name)
{
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), allowed)
           && name.find("..") == std::string_view::npos && name.find("--") == std::string_view::npos
           && name.front() != '-' && name.front() != '.' && name.back() != '-' && name.back() != '.';
}

} // namespace

std::string RepoName::folder() const
{
    std::string name(kPrefix);
    for (const char c : id) {
        name += c == '/' ? "--" : std::string(1, c);
    }
    return name;
}

Result<RepoName> parseRepoName(std::string_view text)
{
    RepoName name;
    const auto at = text.find('@');
    name.id = text.substr(0, at);
    if (at != std::string_view::npos) {
        name.revision = text.substr(at + 1);
    }
    const auto slash = name.id.find('/');
    const bool good = slash == std::string::npos
                          ? isName(name.id)
                          : isName(std::string_view(name.id).substr(0, slash)) && isName(std::string_view(name.id).substr(slash + 1));
    if (!good) {
        return Error{"'" + std::string(text) + "' is no name of a model; names look like org/name, or org/name@revision"};
    }
    if (!isSafePath(name.revision)) {
        return Error{"'" + name.revision + "' is no revision; give a branch, a tag or a commit"};
    }
    return name;
}

std::optional<std::string> repoOfFolder(std::string_view folder)
{
    if (!folder.starts_with(kPrefix)) {
        return std::nullopt;
    }
    std::string id(folder.substr(kPrefix.size()));
    if (const auto dashes = id.find("--"); dashes != std::string::npos) {
        id.replace(dashes, 2, "/");
    }
    return parseRepoName(id) ? std::optional(id) : std::nullopt;
}

bool isSafePath(std::string_view path)
{
    const auto bad = [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '\\'; };
    if (path.empty() || path.size() > kMaxPath || std::any_of(path.begin(), path.end(), bad)) {
        return false;
    }
    while (true) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part.empty() || part == "." || part == "..") {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        path.remove_prefix(slash + 1);
    }
}

bool isCommit(std::string_view text)
{
    return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace luthier::hub
