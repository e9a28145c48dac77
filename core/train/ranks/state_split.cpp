// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/state_split.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
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

// Numbers of a rank.
std::int64_t partOfBucket(const std::vector<at::Tensor>& leaves, LeafRange range, int ranks)
{
    std::int64_t numbers = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
        TORCH_CHECK(leaves[i].is_contiguous() && leaves[i].dim() > 0, "ranks share out leaves that are contiguous");
        numbers += leaves[i].numel();
    }
    const std::int64_t each = (numbers + ranks - 1) / ranks;
    return (each + kAligned - 1) / kAligned * kAligned;
}

StateSplit::Bucket bucketOf(const std::vector<at::Tensor>& leaves, LeafRange range, int rank, int ranks)
{
    StateSplit::Bucket bucket{range, partOfBucket(leaves, range, ranks), {}};
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
        const bool isAlone = begin > 0 && leaves[begin - 1].numel() >= 2 * most; // an embedding: nothing waits for it, and it is not copied
        if (numbers >= most || begin == 0 || isAlone || leaves[begin - 1].scalar_type() != leaves[begin].scalar_type()) {
            buckets.push_back({begin, end});
            end = begin;
            numbers = 0;
        }
    }
    return buckets;
}

std::vector<at::Tensor> layTogether(const std::vector<at::Tensor>& leaves, int ranks, std::int64_t bucket)
{
    std::vector<at::Tensor> memory;
    const at::NoGradGuard noGrad;
    for (const LeafRange range : leafBuckets(leaves, bucket)) {
        const auto begin = leaves.begin() + static_cast<std::ptrdiff_t>(range.begin);
        const auto end = leaves.begin() + static_cast<std::ptrdiff_t>(range.end);
        if (!std::all_of(begin, end, [](const at::Tensor& leaf) { return leaf.storage().use_count() == 1; })) {
            memory.emplace_back();
            continue;
        }
        const std::int64_t numbers = partOfBucket(leaves, range, ranks) * ranks;
        memory.push_back(at::zeros({numbers}, begin->options().requires_grad(false)));
        std::int64_t at = 0;
        for (auto leaf = begin; leaf != end; ++leaf) {
            const at::Tensor place = memory.back().narrow(0, at, leaf->numel()).view(leaf->sizes());
            place.copy_(leaf->detach());
            at += leaf->numel();
            leaf->set_data(place);
        }
    }
    return memory;
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
