// SPDX-License-Identifier: GPL-3.0-or-later
// Which heads the kernel reads that cards have for attention without a mask: of a row, or of texts one behind the other.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace luthier::nn {

inline bool readsFlash(at::Device device, at::ScalarType dtype, std::int64_t headDim)
{
    constexpr std::int64_t kMostHead = 256;
    const bool narrow = dtype == at::kBFloat16 || dtype == at::kHalf;
    return device.is_cuda() && narrow && headDim % 8 == 0 && headDim <= kMostHead;
}

// All texts of a packed row at once; a softcap of 0 is none.
inline bool packsTexts(at::Device device, at::ScalarType dtype, std::int64_t headDim, double softcap)
{
    return readsFlash(device, dtype, headDim) && softcap == 0;
}

} // namespace luthier::nn
