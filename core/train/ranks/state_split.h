// SPDX-License-Identifier: GPL-3.0-or-later
// StateSplit: which numbers of what is trained each of several ranks steps on, where they split the optimizer's state between them.
//
// Leaves are taken in buckets of neighbours, from the last to the first, as their gradients are summed (rank_sum.h). A bucket's numbers stand
// one leaf behind the other, with some empty places at the end, and are cut into a part for each rank, all as long.
// Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace luthier::train {

struct LeafRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// In the order they are summed: neighbours of one dtype, until they have at least `most` numbers; a leaf of twice as many by itself.
std::vector<LeafRange> leafBuckets(const std::vector<at::Tensor>& leaves, std::int64_t most);

struct StateSplit {
    // A rank's numbers of a leaf.
    struct Piece {
        std::size_t leaf = 0;
        std::int64_t first = 0; // of the leaf's numbers
        std::int64_t place = 0; // in the part
        at::Tensor numbers;     // in the leaf's memory, of as many dimensions; its gradient is what is stepped with
    };
    struct Bucket {
        LeafRange leaves;
        std::int64_t part = 0;     // numbers of a rank
        std::vector<Piece> pieces; // this rank's
    };

    int ranks = 1;
    std::vector<Bucket> buckets;
};

// Moves the leaves of each bucket into one tensor, one behind the other as in a bucket, so that parts come from other ranks to where they are
// read. Gives it, [part * ranks], for each bucket; undefined where something else reads a leaf's memory, which stays where it is then.
// Before anything keeps a leaf's address.
std::vector<at::Tensor> layTogether(const std::vector<at::Tensor>& leaves, int ranks, std::int64_t bucket);

// Leaves must be contiguous. The same on all ranks, but for the pieces.
StateSplit splitState(const std::vector<at::Tensor>& leaves, int rank, int ranks, std::int64_t bucket);

} // namespace luthier::train
