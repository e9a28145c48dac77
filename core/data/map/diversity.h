// SPDX-License-Identifier: GPL-3.0-or-later
// Diversity: which rows stand for the others, and which stand alone.
//
// Threads: free functions, any thread; they block and are deterministic.
#pragma once

#include "core/data/map/neighbours.h"

#include <cstdint>
#include <vector>

namespace luthier::data {

// Farthest-point sampling (Gonzalez 1985): begins in the middle of the points, then always takes the one that is farthest
// from all taken. Indices into RowFeatures::rows, in that order. Where points times `keep` is too many, the points are
// dealt into as many parts as are needed and each gives its share. Error: "cancelled".
Result<std::vector<std::size_t>> farthestPoints(const RowFeatures& features, std::size_t keep, const base::Progress& progress = {},
                                                const base::CancelToken& cancel = {});

// Indices into RowFeatures::rows, at most `count`, the most extreme first.
std::vector<std::size_t> rarestRows(const Neighbours& neighbours, std::size_t count);   // by their distance to their neighbours
std::vector<std::size_t> longestRows(const RowFeatures& features, std::size_t count);

} // namespace luthier::data
