// SPDX-License-Identifier: GPL-3.0-or-later
// Histogram: how often values fall into equal parts of a range.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::statistics {

struct Range {
    double low = 0;
    double high = 0;
};
// From the least to the largest finite value of all lists; both 0 where there are none.
Range rangeOf(std::span<const std::vector<double>> lists);

// [bins] counts; the last bin holds its upper end, what is no finite number is left out, and where the range is a point all stand
// in the first.
std::vector<std::int64_t> histogram(std::span<const double> values, Range range, std::size_t bins);

} // namespace luthier::statistics
