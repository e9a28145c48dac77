// SPDX-License-Identifier: GPL-3.0-or-later
// UnpackedFile: a file that has to be made into another before its rows can be reached (compressed, or in columns) is so
// once, into the cache, and read there as any other. The name there comes
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
#include "core/data/sources/data_file.h"
#include "core/data/sources/packed_stream.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace luthier::data {

struct UnpackSettings {
    std::filesystem::path folder;  // empty: the cache named above
    std::uint64_t maxBytes = std::uint64_t{1} << 40;   // unpacked; more is refused
    std::uint64_t spareBytes = std::uint64_t{1} << 30; // what must stay free on the disk
    std::uint64_t maxAgeDays = 14;
};

// Where what is made from `file` lies, and whether it lies there already: then it counts as used. If not, what was not used
// for long is removed and the folder made.
struct CachePlace {
    std::filesystem::path path;
    bool isThere = false;
};
Result<CachePlace> cachePlace(const DataFile& file, const std::string& name, const UnpackSettings& settings = {});

// The unpacked file. Progress in bytes of the compressed one. Errors, without its path: it is damaged or breaks off
// (with the byte), the disk is full, "cancelled".
Result<std::filesystem::path> unpackedFile(const DataFile& packed, const PackedKind& kind, const UnpackSettings& settings = {},
                                           const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::data
