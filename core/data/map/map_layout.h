// SPDX-License-Identifier: GPL-3.0-or-later
// MapLayout: points in many dimensions as a map in two: it begins with the two main directions, then neighbours pull at
// each other and others, drawn at random, push, with the forces of UMAP (McInnes, Healy, Melville 2018, 3.2; a = 1.58,
// b = 0.9, which is a least distance of 0.1).
//
// Threads: blocks, on the calling thread alone, so that it is deterministic.
#pragma once

#include "core/data/map/neighbours.h"

#include <vector>

namespace luthier::data {

struct MapPoint {
    float x = 0; // -1 to 1, as y: the longer side of the map fills it
    float y = 0;
};

// Progress in rounds. Error: "cancelled".
Result<std::vector<MapPoint>> mapLayout(const RowFeatures& features, const Neighbours& neighbours, std::uint64_t seed,
                                        const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::data
