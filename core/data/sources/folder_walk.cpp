// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/folder_walk.h"

#include <system_error>

namespace luthier::data {

namespace fs = std::filesystem;

Result<void> walkFiles(const fs::path& folder, int maxDepth, const base::CancelToken& cancel,
                       const std::function<Result<void>(const fs::path& file, bool isRegular)>& each)
{
    std::error_code code;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, code);
    for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code)) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        std::error_code unknown;
        const bool isHidden = entry->path().filename().string().starts_with('.');
        if (entry->is_directory(unknown)) {
            if (isHidden || entry.depth() >= maxDepth) {
                entry.disable_recursion_pending();
            }
        } else if (!isHidden) {
            if (auto taken = each(entry->path(), entry->is_regular_file(unknown)); !taken) {
                return taken;
            }
        }
    }
    return code ? Result<void>(Error{"the folder cannot be read (" + code.message() + ")"}) : Result<void>();
}

} // namespace luthier::data
