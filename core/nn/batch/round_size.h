// SPDX-License-Identifier: GPL-3.0-or-later
// The sizes that shapes are brought to where each new one costs something of its own: a recording, or a plan that a library makes for it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace luthier::nn {

// One of eight sizes between a power of two and the next, at least 16 apart; not below `size`.
inline std::int64_t roundSize(std::int64_t size)
{
    const auto step = std::max<std::uint64_t>(16, std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1))) / 16);
    const auto wide = static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0));
    return static_cast<std::int64_t>((wide + step - 1) / step * step);
}

} // namespace luthier::nn
