// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/held_out_split.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace luthier::data {

std::vector<bool> holdOut(std::span<const std::uint64_t> rowHashes, double share, std::uint64_t seed)
{
    std::vector<bool> held(rowHashes.size(), false);
    const auto wanted
        = static_cast<std::size_t>(std::llround(share * static_cast<double>(rowHashes.size())));
    if (wanted == 0 || rowHashes.empty()) {
        return held;
    }
    std::vector<std::uint64_t> keys;
    for (const std::uint64_t hash : rowHashes) {
        keys.push_back(base::Random(hash ^ base::Random(seed).next()).next());
    }
    std::vector<std::uint64_t> sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    // Rows equal to the last one held out go with it, or all stay when they would take more than half again.
    const std::uint64_t border = sorted[std::min(wanted, sorted.size()) - 1];
    const auto through = static_cast<std::size_t>(
        std::upper_bound(sorted.begin(), sorted.end(), border) - sorted.begin());
    const bool with = through < sorted.size() && 2 * through <= 3 * wanted + 2;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        held[i] = with ? keys[i] <= border : keys[i] < border;
    }
    return held;
}

std::vector<bool> holdOutByStratum(std::span<const std::uint64_t> rowHashes, std::span<const std::uint64_t> strata, double share,
                                   std::uint64_t seed)
{
    std::map<std::uint64_t, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < rowHashes.size(); ++i) {
        groups[strata[i]].push_back(i);
    }
    std::vector<bool> held(rowHashes.size(), false);
    for (const auto& [stratum, rows] : groups) {
        std::vector<std::uint64_t> hashes;
        for (const std::size_t row : rows) {
            hashes.push_back(rowHashes[row]);
        }
        const auto ofGroup = holdOut(hashes, share, seed);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            held[rows[i]] = ofGroup[i];
        }
    }
    return held;
}

} // namespace luthier::data
