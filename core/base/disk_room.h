// SPDX-License-Identifier: GPL-3.0-or-later
// DiskRoom: how much a disk has left, and the words for it.
//
// Threads: any.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace luthier::base {

// Bytes that may still be written at `path`, which need not be there yet; nothing where the system does not say.
std::optional<std::uint64_t> freeBytes(const std::filesystem::path& path);

// "3.2 GB", "14.0 MB", "900 bytes": memory, files and disks in the same unit, powers of ten, so that they can be compared. What
// the window says by ui/base/amounts.h is in it, too.
std::string bytesText(std::uint64_t bytes);

// Whether an error of files.h says that the disk, or what one may use of it, is full.
bool saysDiskFull(const Error& error);

} // namespace luthier::base
