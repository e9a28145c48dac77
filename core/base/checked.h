// SPDX-License-Identifier: GPL-3.0-or-later
// Checked arithmetic for every size that comes from a file: nullopt when it would wrap.
#pragma once

#include <cstdint>
#include <optional>

namespace luthier::base {

inline std::optional<std::uint64_t> checkedAdd(std::uint64_t a, std::uint64_t b)
{
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

inline std::optional<std::uint64_t> checkedMul(std::uint64_t a, std::uint64_t b)
{
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

} // namespace luthier::base
