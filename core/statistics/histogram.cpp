// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/histogram.h"

#include <algorithm>
#include <cmath>

namespace luthier::statistics {

Range rangeOf(std::span<const std::vector<double>> lists)
{
    Range range;
    bool isFirst = true;
    for (const std::vector<double>& list : lists) {
        for (const double value : list) {
            if (std::isfinite(value)) {
                range.low = isFirst ? value : std::min(range.low, value);
                range.high = isFirst ? value : std::max(range.high, value);
                isFirst = false;
            }
        }
    }
    return range;
}

std::vector<std::int64_t> histogram(std::span<const double> values, Range range, std::size_t bins)
{
    std::vector<std::int64_t> counts(bins, 0);
    const double width = range.high - range.low;
    for (const double value : values) {
        if (bins == 0 || !std::isfinite(value)) {
            continue;
        }
        const double share = width > 0 ? std::clamp((value - range.low) / width, 0.0, 1.0) : 0;
        ++counts[std::min(bins - 1, static_cast<std::size_t>(share * static_cast<double>(bins)))];
    }
    return counts;
}

} // namespace luthier::statistics
