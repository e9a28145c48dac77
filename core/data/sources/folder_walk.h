// SPDX-License-Identifier: GPL-3.0-or-later
// FolderWalk: every file in a folder and those below it, in no order. Hidden files and folders are passed over, links to
// folders are not followed.
//
// Threads: free function, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"

#include <filesystem>
#include <functional>

namespace luthier::data {

// `each` takes the path and whether it is a regular file; its error ends the walk. Folders deeper than `maxDepth` are not
// looked into. Errors, without the path: the folder cannot be read, "cancelled".
Result<void> walkFiles(const std::filesystem::path& folder, int maxDepth, const base::CancelToken& cancel,
                       const std::function<Result<void>(const std::filesystem::path& file, bool isRegular)>& each);

} // namespace luthier::data
