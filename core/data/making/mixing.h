// SPDX-License-Identifier: GPL-3.0-or-later
// Mixing: how many rows of which source, in which order; and splitting: which rows are held out. Both are decided
// by a seed alone.
//
// Threads: free functions, any thread; splitRows blocks and works on several.
#pragma once

#include "core/data/dataset.h"
#include "core/data/held_out_split.h"
#include "core/data/row_walk.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::data {

struct MixSource {
    std::int64_t rows = 0;
    double weight = 1; // of all rows of the mixture, in proportion to the other weights
};

struct MixedRow {
    std::uint32_t source = 0;
    std::uint32_t row = 0; // from 0
};

// Rows of each source in a mixture of `total` rows (largest remainders). total 0: the most without a row twice.
Result<std::vector<std::int64_t>> mixCounts(const std::vector<MixSource>& sources, std::int64_t total = 0);

// The mixture, shuffled. A source that must give more rows than it has begins again, shuffled anew.
Result<std::vector<MixedRow>> mixRows(const std::vector<MixSource>& sources, std::int64_t total, std::uint64_t seed);

// So many general rows beside `rows` of one's own, that they are `share` of all (0 to below 1).
std::int64_t generalRows(std::int64_t rows, double share);

enum class SplitSide : std::uint8_t { Train, HeldOut, None }; // None: excluded, or cannot be read

struct SplitSettings {
    double share = 0.1;
    std::uint64_t seed = 0;
    std::string stratifyBy; // a field; every value of it gives its share; empty: not stratified
    std::function<std::uint64_t(std::int64_t row)> stratum = {}; // or any other groups of rows, by a number each; any thread
};

// By holdOut over the hashes training uses, so both choose the same rows. Synthetic rows are never held out.
Result<std::vector<SplitSide>> splitRows(const Dataset& dataset, const SplitSettings& settings, const WalkOptions& options = {});

std::uint64_t stratumOf(const Json& row, const std::string& field); // equal for rows with an equal value there

bool isSynthetic(const Json& row); // "synthetic": true

} // namespace luthier::data
