// SPDX-License-Identifier: GPL-3.0-or-later
// UnpackedFile: a compressed file is unpacked once, into the cache, and read there as any other. The name there comes
// from the path, size and time of the compressed file, so one that changed is unpacked anew.
//
//   $XDG_CACHE_HOME/luthier/unpacked/<hash>/<name without .gz or .zst>      (~/.cache without the variable)
//
// What was not used for two weeks is removed when the next file is unpacked.
//
// Threads: any; two who unpack the same file at once both succeed.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/data/data_file.h"
#include "core/data/packed_stream.h"

#include <cstdint>
#include <filesystem>

namespace luthier::data {

struct UnpackSettings {
    std::filesystem::path folder;  // empty: the cache named above
    std::uint64_t maxBytes = std::uint64_t{1} << 40;   // unpacked; more is refused
    std::uint64_t spareBytes = std::uint64_t{1} << 30; // what must stay free on the disk
    std::uint64_t maxAgeDays = 14;
};

// The unpacked file. Progress in bytes of the compressed one. Errors, without its path: it is damaged or breaks off
// (with the byte), the disk is full, "cancelled".
Result<std::filesystem::path> unpackedFile(const DataFile& packed, const PackedKind& kind, const UnpackSettings& settings = {},
                                           const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::data
