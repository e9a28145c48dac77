// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tree_size.h"

namespace luthier::base {

namespace fs = std::filesystem;

std::uint64_t treeSize(const fs::path& path)
{
    const auto sizeOf = [](const fs::path& file) {
        std::error_code none;
        const auto size = fs::is_regular_file(file, none) ? fs::file_size(file, none) : 0;
        return none ? 0 : size;
    };
    std::error_code code;
    if (!fs::is_directory(path, code)) {
        return sizeOf(path);
    }
    std::uint64_t bytes = 0;
    for (fs::recursive_directory_iterator at(path, code), end; !code && at != end; at.increment(code)) {
        bytes += sizeOf(at->path());
    }
    return bytes;
}

} // namespace luthier::base
