// SPDX-License-Identifier: GPL-3.0-or-later
// Clusters: points parted into groups around means (Lloyd 1982), begun with means far from each other (k-means++, Arthur
// and Vassilvitskii 2007).
//
// Threads: blocks, works on several; the same points and seed give the same groups.
#pragma once

#include "core/data/map/row_features.h"

#include <cstdint>
#include <vector>

namespace luthier::data {

// The group of each point, the largest group first, from 0; fewer groups than `count` where fewer points differ.
// Errors: "cancelled".
Result<std::vector<std::uint32_t>> clusterRows(const RowFeatures& features, std::size_t count, std::uint64_t seed,
                                               const WalkOptions& options = {});

} // namespace luthier::data
