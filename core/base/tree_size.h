// SPDX-License-Identifier: GPL-3.0-or-later
// TreeSize: how much a file or a folder holds.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>

namespace luthier::base {

// Bytes of the file, or of all files below the folder. What is not there, goes meanwhile or cannot be read counts nothing.
std::uint64_t treeSize(const std::filesystem::path& path);

} // namespace luthier::base
