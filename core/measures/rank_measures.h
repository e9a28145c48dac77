// SPDX-License-Identifier: GPL-3.0-or-later
// Rank measures: what each of several processes that train together measures, one number a rank: "rank_speed.3" is rank 3's
// speed. A kind of number is one row of the table in rank_measures.cpp; its chart, its columns and its printing follow. Of more
// ranks than kRanksTold only the slowest and the fullest are told, by measures of their own (measure.cpp).
#pragma once

#include "core/measures/measure.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace luthier::measures {

inline constexpr int kRanksTold = 16;

// One kind of number, without a rank.
std::span<const Measure> rankTable();

const Measure& ofRank(const Measure& kind, int rank);
const Measure& ofRank(std::string_view kind, int rank);

struct RankMeasure {
    const Measure* kind = nullptr;
    int rank = 0;
};
// Nothing: it is no rank's.
std::optional<RankMeasure> rankMeasureOf(std::string_view id);

} // namespace luthier::measures
