// SPDX-License-Identifier: GPL-3.0-or-later
// Pca: points turned to the directions in which they differ most. The covariance is made exactly, its leading directions
// by subspace iteration from a random start (Halko, Martinsson, Tropp 2011, 4.4).
//
// Threads: a free function, any thread; deterministic.
#pragma once

#include <cstdint>
#include <vector>

namespace luthier::data {

// points: [n, width], not empty. Gives [n, kept], centred, the direction of largest variance first.
std::vector<float> mainDirections(const std::vector<float>& points, std::size_t width, std::size_t kept, std::uint64_t seed);

} // namespace luthier::data
