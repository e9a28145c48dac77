// SPDX-License-Identifier: GPL-3.0-or-later
// Held-out split: which rows are kept aside, by a hash of each row and the seed alone, so that neither the order
// of the rows nor the machine changes it, and equal rows land on the same side. Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::data {

// `rowHashes`: base::rowHash of each row's content. Gives round(share * rows) held-out rows, the smallest hashes
// first; more or fewer where equal rows stand at the border. Never all of them.
std::vector<bool> holdOut(std::span<const std::uint64_t> rowHashes, double share, std::uint64_t seed);

// The same in each group of rows with an equal stratum, so that each gives its share.
std::vector<bool> holdOutByStratum(std::span<const std::uint64_t> rowHashes, std::span<const std::uint64_t> strata, double share,
                                   std::uint64_t seed);

} // namespace luthier::data
