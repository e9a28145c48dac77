// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/rank_measures.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace luthier::measures {

namespace {

constexpr int kMostRanks = 4096;

constexpr std::array kKinds{
    Measure{"rank_speed", "speed", "Tokens of a rank's own share over the time that it worked on them", "tokens/s", Better::Higher, Drawing::Smoothed,
            "rankSpeed", false, 3, false},
    Measure{"rank_memory_gb", "memory", "Of each rank: of its process, or the largest on its card", "GB", Better::Lower, Drawing::Exact, "rankMemory", false, 3, false},
    Measure{"rank_memory", "memory", "As earlier versions wrote it down", "GiB", Better::Lower, Drawing::Exact, "", false, 3, false},
    Measure{"rank_wait", "wait", "Share of a step's time that each rank waits for the others and for sums over all", "", Better::Lower, Drawing::Smoothed,
            "rankWait", false, 4, false},
};

} // namespace

std::span<const Measure> rankTable()
{
    return kKinds;
}

std::optional<RankMeasure> rankMeasureOf(std::string_view id)
{
    const std::size_t point = id.rfind('.');
    if (point == std::string_view::npos) {
        return std::nullopt;
    }
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Measure& one) { return one.id == id.substr(0, point); });
    int rank = 0;
    const char* end = id.data() + id.size();
    const auto read = std::from_chars(id.data() + point + 1, end, rank);
    if (kind == kKinds.end() || read.ec != std::errc() || read.ptr != end || rank < 0 || rank >= kMostRanks) {
        return std::nullopt;
    }
    return RankMeasure{&*kind, rank};
}

const Measure& ofRank(const Measure& kind, int rank)
{
    return ofRank(kind.id, rank);
}

const Measure& ofRank(std::string_view kind, int rank)
{
    return measureOf(std::string(kind) + "." + std::to_string(rank));
}

} // namespace luthier::measures
