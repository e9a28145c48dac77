// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes of short byte strings and of numbers, for tables inside one process: nothing is kept by them, as they may change with a
// version.
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace luthier::text {

inline std::uint64_t mixBits(std::uint64_t value)
{
    value *= 0x9E3779B97F4A7C15ULL;
    return value ^ (value >> 32);
}

inline std::uint64_t hashBytes(std::string_view bytes)
{
    std::uint64_t hash = bytes.size() * 0xD6E8FEB86659FD93ULL;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = mixBits(hash ^ word);
    }
    if (left > 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, left);
        hash = mixBits(hash ^ word);
    }
    return mixBits(hash);
}

} // namespace luthier::text
