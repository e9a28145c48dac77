// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/batch/packing.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <numeric>

namespace luthier::nn {

namespace {

constexpr std::int64_t kSegmentStep = 32;   // empty segments cost a card nearly nothing
constexpr std::int64_t kFewestLongest = 512; // nor does room for longer ones

} // namespace

Packing packingOf(const std::vector<std::int64_t>& segments, bool pinned)
{
    const auto count = static_cast<std::int64_t>(segments.size());
    const std::int64_t all = (std::max<std::int64_t>(count, 1) + kSegmentStep - 1) / kSegmentStep * kSegmentStep;
    const std::int64_t tokens = std::accumulate(segments.begin(), segments.end(), std::int64_t{0});
    Packing packing;
    packing.borders = at::empty({all + 1}, at::TensorOptions().dtype(at::kInt).pinned_memory(pinned));
    packing.positions = at::empty({tokens}, at::TensorOptions().dtype(at::kLong).pinned_memory(pinned));
    auto* borders = packing.borders.mutable_data_ptr<std::int32_t>();
    auto* positions = packing.positions.mutable_data_ptr<std::int64_t>();
    std::int64_t longest = kFewestLongest;
    std::int64_t next = 0;
    for (const std::int64_t length : segments) {
        *borders++ = static_cast<std::int32_t>(next);
        std::iota(positions + next, positions + next + length, std::int64_t{0});
        next += length;
        longest = std::max(longest, length);
    }
    std::fill_n(borders, all + 1 - count, static_cast<std::int32_t>(tokens));
    packing.longest = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(longest)));
    return packing;
}

std::vector<std::int64_t> segmentsOf(const Packing& packing)
{
    const auto* borders = packing.borders.const_data_ptr<std::int32_t>();
    std::vector<std::int64_t> segments;
    for (std::int64_t i = 0; i + 1 < packing.borders.numel(); ++i) {
        if (borders[i + 1] > borders[i]) {
            segments.push_back(borders[i + 1] - borders[i]);
        }
    }
    return segments;
}

} // namespace luthier::nn
