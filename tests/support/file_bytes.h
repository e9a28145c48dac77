// SPDX-License-Identifier: GPL-3.0-or-later
// What a file holds; nothing where it cannot be read.
#pragma once

#include "core/base/files.h"

#include <filesystem>
#include <string>

namespace luthier::support {

inline std::string bytesOf(const std::filesystem::path& path)
{
    const auto bytes = base::readFile(path);
    return bytes ? *bytes : std::string();
}

} // namespace luthier::support
