// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/state_split.h"

#include <c10/util/Exception.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kAligned = 64; // numbers: kernels read several at once

// Norms and biases are told by their dimensions.
at::Tensor pieceOf(const at::Tensor& leaf, std::int64_t first, std::int64_t count)
{
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(leaf.dim()), 1);
    sizes.front() = count;
    return leaf.detach().view({-1}).narrow(0, first, count).view(sizes);
}

StateSplit::Bucket bucketOf(const std::vector<at::Tensor>& leaves, LeafRange range, int rank, int ranks)
{
    std::int64_t numbers = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
        TORCH_CHECK(leaves[i].is_contiguous() && leaves[i].dim() > 0, "ranks share out leaves that are contiguous");
        numbers += leaves[i].numel();
    }
    const std::int64_t each = (numbers + ranks - 1) / ranks;
    StateSplit::Bucket bucket{range, (each + kAligned - 1) / kAligned * kAligned, {}};
    const std::int64_t begin = bucket.part * rank;
    std::int64_t at = 0; // where the leaf begins
    for (std::size_t i = range.begin; i < range.end; ++i) {
        const std::int64_t from = std::max(at, begin);
        const std::int64_t to = std::min(at + leaves[i].numel(), begin + bucket.part);
        if (from < to) {
            bucket.pieces.push_back({i, from - at, from - begin, pieceOf(leaves[i], from - at, to - from)});
        }
        at += leaves[i].numel();
    }
    return bucket;
}

} // namespace

std::vector<LeafRange> leafBuckets(const std::vector<at::Tensor>& leaves, std::int64_t most)
{
    std::vector<LeafRange> buckets;
    std::int64_t numbers = 0;
    for (std::size_t end = leaves.size(), begin = end; begin > 0;) {
        numbers += leaves[--begin].numel();
        if (numbers >= most || begin == 0 || leaves[begin - 1].scalar_type() != leaves[begin].scalar_type()) {
            buckets.push_back({begin, end});
            end = begin;
            numbers = 0;
        }
    }
    return buckets;
}

StateSplit splitState(const std::vector<at::Tensor>& leaves, int rank, int ranks, std::int64_t bucket)
{
    StateSplit split{ranks, {}};
    for (const LeafRange range : leafBuckets(leaves, bucket)) {
        split.buckets.push_back(bucketOf(leaves, range, rank, ranks));
    }
    return split;
}

} // namespace luthier::train
