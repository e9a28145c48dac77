// SPDX-License-Identifier: GPL-3.0-or-later
// What kernels with low-rank updates are given of them, and the blocks of tiles that they are queued in. Only in builds with CUDA.
#pragma once

#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"
#include "core/nn/kernels/dropout.h"
#include "core/nn/kernels/low_rank.h"

#include <algorithm>
#include <cstdint>

namespace luthier::nn::kernels {

// As low_rank.cu has them.
struct TermArgument {
    const void* low;
    const void* b;
    long long lowStride;
    int stride;
    int ranks;
    float scale;
};
struct DropArgument {
    unsigned long long seed;
    unsigned long long place;
    const std::int64_t* seedAt;
    std::uint32_t limit;
    float factor;
};

inline TermArgument argumentOf(const LowTerm& term)
{
    if (!term.low.defined()) {
        return {};
    }
    return {cuda::in(term.low), cuda::in(term.b), static_cast<long long>(term.low.stride(0)), static_cast<int>(term.b.stride(0)),
            static_cast<int>(term.low.size(1)), static_cast<float>(term.scale)};
}

inline DropArgument argumentOf(const LowDrop& drop)
{
    if (!drop.draw || drop.dropout <= 0) {
        return {};
    }
    const at::Tensor& at = drop.draw->seedAt;
    return {drop.draw->seed, drop.draw->place, at.defined() ? at.const_data_ptr<std::int64_t>() : nullptr, dropoutLimit(drop.dropout),
            static_cast<float>(1 / (1 - drop.dropout))};
}

constexpr std::int64_t kBusyBlocks = 528; // four for each core of an H200

// Of low_rank.cu: blocks of `tiles` tiles below each other: as many as leave no core of a card idle.
struct Share {
    cuda::Grid grid;
    int tiles;
};
inline Share shareOf(std::int64_t rows, std::int64_t columns)
{
    constexpr std::int64_t kTileRows = 16;
    constexpr std::int64_t kMostTiles = 4;
    constexpr std::int64_t kBlockColumns = 256;
    const std::int64_t across = (columns + kBlockColumns - 1) / kBlockColumns;
    const std::int64_t all = (rows + kTileRows - 1) / kTileRows;
    const std::int64_t tiles = std::clamp<std::int64_t>(all * across / kBusyBlocks, 1, kMostTiles);
    return {{(all + tiles - 1) / tiles, across, kBlockColumns}, static_cast<int>(tiles)};
}

} // namespace luthier::nn::kernels
