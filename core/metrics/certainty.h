// SPDX-License-Identifier: GPL-3.0-or-later
// Certainty: how often a model is right where it is so and so sure, in equal bins (Guo et al. 2017): the diagram behind the metric ece.
//
// Threads: free functions, any thread.
#pragma once

#include "core/metrics/scored_row.h"

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::metrics {

inline constexpr std::size_t kCertaintyBins = 15;

struct CertaintyBin {
    std::int64_t rows = 0;
    double confidence = 0; // means; 0 where there are no rows
    double accuracy = 0;
};
// Of the rows that have a confidence and a reference.
std::vector<CertaintyBin> certaintyBins(std::span<const ScoredRow> rows);

} // namespace luthier::metrics
