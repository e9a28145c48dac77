// SPDX-License-Identifier: GPL-3.0-or-later
// Packing: where the texts of a packed row lie, as tensors, so that a pass that was recorded over one row reads another's, too.
// Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::nn {

struct Packing {
    at::Tensor borders;       // [segments + 1] int32: where each begins, and T; those behind the last text are empty
    at::Tensor positions;     // [T] int64: they restart in each
    std::int64_t longest = 0; // no segment is longer

    bool exists() const { return borders.defined(); }
};

// Of segments that add up to the row, in CPU memory, pinned or not. The number of segments and the longest are brought to few sizes.
Packing packingOf(const std::vector<std::int64_t>& segments, bool pinned);

// What the borders say, empty ones left out; they lie in CPU memory.
std::vector<std::int64_t> segmentsOf(const Packing& packing);

} // namespace luthier::nn
