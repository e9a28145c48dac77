// SPDX-License-Identifier: GPL-3.0-or-later
// Neighbours: for each point the nearest others, found approximately by a few trees that halve the points at random
// planes between two of them (as Annoy does, Bernhardsson 2015). Up to a few hundred points it is exact.
//
// Threads: blocks and works on several; deterministic.
#pragma once

#include "core/data/map/row_features.h"

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::data {

struct Neighbours {
    std::size_t each = 0;               // of each point, fewer where there are fewer points
    std::vector<std::uint32_t> indices; // [points, each], nearest first, into RowFeatures::rows
    std::vector<float> distances;       // likewise

    std::span<const std::uint32_t> of(std::size_t point) const { return std::span(indices).subspan(point * each, each); }
    std::span<const float> distancesOf(std::size_t point) const { return std::span(distances).subspan(point * each, each); }
};

Result<Neighbours> nearestNeighbours(const RowFeatures& features, std::size_t each, std::uint64_t seed, const WalkOptions& options = {});

} // namespace luthier::data
