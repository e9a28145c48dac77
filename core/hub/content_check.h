// SPDX-License-Identifier: GPL-3.0-or-later
// ContentCheck: does a file hold what its ETag promises? 64 hex digits are the SHA-256 of a large file, 40 the SHA-1 of
// git's blob ("blob <size>\0" before the content). Other tags promise nothing.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace luthier::hub {

enum class ContentState { Good, Wrong, Unchecked };

// Error: it could not be read, or "cancelled".
Result<ContentState> checkContent(const std::filesystem::path& path, const std::string& etag, const base::CancelToken& cancel);

} // namespace luthier::hub
