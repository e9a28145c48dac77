// SPDX-License-Identifier: GPL-3.0-or-later
// RepoName: a model's name on the hub and how it becomes a folder of the cache; and which file names of a server
// may become files here.
#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace luthier::hub {

struct RepoName {
    std::string id;                // "org/name", or "gpt2"
    std::string revision = "main"; // branch, tag or commit

    std::string folder() const; // "models--org--name"
};

// "org/name" or "org/name@revision". Letters, digits, '-', '_' and '.'; no "..", no "--".
Result<RepoName> parseRepoName(std::string_view text);

// The id of a folder of the cache; nullopt when it is no model's.
std::optional<std::string> repoOfFolder(std::string_view folder);

// A relative path that stays inside: no empty, "." or ".." part, no backslash, no control character.
bool isSafePath(std::string_view path);

bool isCommit(std::string_view text); // forty lower-case hex digits

} // namespace luthier::hub
