// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes: SHA-256 for files and identity, as lowercase hex; a 64-bit row hash stable across machines.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace luthier::base {

std::string sha256(std::string_view bytes);
Result<std::string> sha256OfFile(const std::filesystem::path& path);

// First eight bytes of SHA-256, little-endian: decides splits, so it must never change.
std::uint64_t rowHash(std::string_view bytes);

} // namespace luthier::base
