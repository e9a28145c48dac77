// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/length_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace luthier::data {

namespace {

constexpr double kShown = 0.995; // of the lengths lie in closed bins
constexpr double kFarOut = 3;    // Tukey 1977

std::uint32_t at(const std::vector<std::uint32_t>& sorted, double share)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

// Digit by digit from the lowest: a tenth of what std::sort takes for a million lengths, which are small numbers.
void sortLengths(std::vector<std::uint32_t>& lengths)
{
    constexpr unsigned kBits = 11;
    constexpr std::size_t kDigits = std::size_t{1} << kBits;
    if (lengths.size() < kDigits) {
        std::sort(lengths.begin(), lengths.end());
        return;
    }
    const std::uint32_t longest = *std::max_element(lengths.begin(), lengths.end());
    std::vector<std::uint32_t> other(lengths.size());
    for (unsigned shift = 0; shift < 32 && longest >> shift != 0; shift += kBits) {
        std::array<std::size_t, kDigits + 1> begins{};
        for (const std::uint32_t length : lengths) {
            ++begins[(length >> shift & (kDigits - 1)) + 1];
        }
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        for (const std::uint32_t length : lengths) {
            other[begins[length >> shift & (kDigits - 1)]++] = length;
        }
        lengths.swap(other);
    }
}

std::int64_t roundWidth(double least)
{
    for (std::int64_t power = 1;; power *= 10) {
        for (const std::int64_t step : {1, 2, 5}) {
            if (static_cast<double>(step * power) >= least) {
                return step * power;
            }
        }
    }
}

} // namespace

Histogram histogramOf(const std::vector<std::uint32_t>& sorted, int bins)
{
    Histogram histogram;
    if (sorted.empty()) {
        return histogram;
    }
    const std::uint32_t shown = at(sorted, kShown);
    histogram.width = roundWidth((static_cast<double>(shown) + 1) / std::max(bins, 1));
    const auto closed = static_cast<std::size_t>(shown / histogram.width) + 1;
    histogram.isOpen = static_cast<std::int64_t>(sorted.back()) >= static_cast<std::int64_t>(closed) * histogram.width;
    histogram.counts.assign(closed + (histogram.isOpen ? 1 : 0), 0);
    for (const std::uint32_t length : sorted) {
        ++histogram.counts[std::min<std::size_t>(length / static_cast<std::uint64_t>(histogram.width), histogram.counts.size() - 1)];
    }
    return histogram;
}

LengthSummary summaryOf(std::vector<std::uint32_t> lengths)
{
    sortLengths(lengths);
    LengthSummary summary;
    summary.count = static_cast<std::int64_t>(lengths.size());
    if (lengths.empty()) {
        return summary;
    }
    summary.shortest = lengths.front();
    summary.longest = lengths.back();
    summary.median = at(lengths, 0.5);
    summary.p90 = at(lengths, 0.9);
    summary.p99 = at(lengths, 0.99);
    summary.mean = std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
    summary.histogram = histogramOf(lengths);
    return summary;
}

LengthFence fenceOf(std::vector<std::uint32_t> lengths)
{
    if (lengths.empty()) {
        return {};
    }
    sortLengths(lengths);
    const double low = std::log1p(at(lengths, 0.25));
    const double high = std::log1p(at(lengths, 0.75));
    const double reach = kFarOut * (high - low);
    // A hair of room, so that where the quartiles are equal rounding makes no outlier of everybody.
    return {std::expm1(low - reach) - 1e-6, std::expm1(high + reach) + 1e-6};
}

} // namespace luthier::data
