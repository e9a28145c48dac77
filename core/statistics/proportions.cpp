// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/proportions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace luthier::statistics {

namespace {

// What is seen less what a difference of `d` makes likely, by the standard deviation that it has there; falls with d. -1 < d < 1.
double pairedScore(double onlyFirst, double onlySecond, double trials, double d)
{
    const double linear = (2 * trials - onlySecond + onlyFirst) * d - onlySecond - onlyFirst;
    const double root = std::sqrt(std::max(0.0, linear * linear + 8 * trials * onlyFirst * d * (1 - d)));
    const double firstAlone = (root - linear) / (4 * trials); // the likeliest share of it where the difference is d
    const double variance = trials * (2 * firstAlone + d * (1 - d));
    return (onlySecond - onlyFirst - trials * d) / std::sqrt(std::max(variance, std::numeric_limits<double>::min()));
}

// Where the score falls to `score`, between two differences; the lower one where it never was above, the higher one where it never falls so low.
double differenceOfScore(double onlyFirst, double onlySecond, double trials, double score, Interval between)
{
    constexpr int kHalvings = 60;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (between.low + between.high) / 2;
        (pairedScore(onlyFirst, onlySecond, trials, middle) > score ? between.low : between.high) = middle;
    }
    return (between.low + between.high) / 2;
}

} // namespace

Interval wilsonInterval(double hits, double trials, double level)
{
    const double z = normalQuantile(0.5 + level / 2);
    const double share = hits / trials;
    const double all = trials + z * z;
    const double middle = (hits + z * z / 2) / all;
    const double half = z * std::sqrt(trials) / all * std::sqrt(share * (1 - share) + z * z / (4 * trials));
    return {hits == 0 ? 0 : std::max(0.0, middle - half), hits == trials ? 1 : std::min(1.0, middle + half)}; // not 1e-17 beside them
}

Interval exactInterval(std::int64_t hits, std::int64_t trials, double level)
{
    const double tail = (1 - level) / 2;
    const auto k = static_cast<double>(hits);
    const auto n = static_cast<double>(trials);
    return {hits == 0 ? 0 : betaQuantile(tail, k, n - k + 1), hits == trials ? 1 : betaQuantile(1 - tail, k + 1, n - k)};
}

Interval pairedInterval(double onlyFirst, double onlySecond, double trials, double level)
{
    const double z = normalQuantile(0.5 + level / 2);
    const double seen = (onlySecond - onlyFirst) / trials;
    return {differenceOfScore(onlyFirst, onlySecond, trials, z, {-1, seen}), differenceOfScore(onlyFirst, onlySecond, trials, -z, {seen, 1})};
}

double mcnemar(std::int64_t onlyFirst, std::int64_t onlySecond)
{
    const std::int64_t all = onlyFirst + onlySecond;
    return all == 0 ? 1 : std::min(1.0, 2 * binomialCdf(std::min(onlyFirst, onlySecond), all, 0.5));
}

double clusteredVariance(std::span<const double> scores, std::span<const std::uint32_t> clusters)
{
    std::vector<double> sums;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        sums.resize(std::max<std::size_t>(sums.size(), clusters[i] + std::size_t{1}));
        sums[clusters[i]] += scores[i];
    }
    const auto n = static_cast<double>(sums.size());
    const double squares = std::accumulate(sums.begin(), sums.end(), 0.0, [](double all, double sum) { return all + sum * sum; });
    return n < 2 ? 0 : n / (n - 1) * squares;
}

Interval widened(const Interval& interval, double middle, double variance, double level)
{
    const double more = normalQuantile(0.5 + level / 2) * std::sqrt(std::max(0.0, variance));
    return {middle - std::hypot(middle - interval.low, more), middle + std::hypot(interval.high - middle, more)};
}

} // namespace luthier::statistics
