// SPDX-License-Identifier: GPL-3.0-or-later
// Duplicates: rows that are the same (exampleHash) and rows that are nearly so: candidates by MinHash in bands
// (Leskovec et al., "Mining of Massive Datasets", 3.4), each confirmed by the true Jaccard similarity of its word
// shingles, so that nothing is called alike that is not. Keeps about a hundred bytes a row in memory.
//
// Threads: functions block and work on several threads.
#pragma once

#include "core/data/dataset.h"
#include "core/data/row_walk.h"

#include <cstdint>
#include <vector>

namespace luthier::data {

struct DuplicateSettings {
    bool near = false;
    double similarity = 0.8; // of the shingles, from which rows count as nearly the same; 0.5 to 1
    int shingleWords = 3;
};

struct Duplicates {
    // Rows from 0, ascending, at least two each; the first is the one to keep. A row stands in one group at most
    // of each list. Near groups are joined through neighbours: a is like b, b is like c. They include exact ones.
    std::vector<std::vector<std::int64_t>> exact;
    std::vector<std::vector<std::int64_t>> near;

    // All but the first of each group, ascending.
    static std::vector<std::int64_t> surplus(const std::vector<std::vector<std::int64_t>>& groups);
};

// Rows that are excluded or give no example take no part. Errors: "cancelled"; more than 2^32 rows.
Result<Duplicates> findDuplicates(const Dataset& dataset, const DuplicateSettings& settings, const WalkOptions& options = {});

struct OverlapPair {
    std::int64_t row = 0;     // of the training data, from 0
    std::int64_t heldOut = 0; // the first such row there, from 0
    bool isExact = false;
};

// Training rows that stand in the held-out data too, by the row. With `near`, also nearly.
Result<std::vector<OverlapPair>> findOverlap(const Dataset& train, const Dataset& heldOut, const DuplicateSettings& settings,
                                             const WalkOptions& options = {});

} // namespace luthier::data
