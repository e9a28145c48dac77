// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/bootstrap.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace luthier::statistics {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// 97.5 % of a normal distribution and the 80 % that a difference of this size is to be found in.
const double kSure = normalQuantile(0.975) + normalQuantile(0.8);

// Draws of shares fall on few values, which would count as wholly below where a quantile lies on one: an interval of 95 % then holds more. Half
// of what is alike counts as below (the quantile of the mid-distribution, Ma, Genton and Parzen 2011), and between two values it runs straight.
double quantileOf(const std::vector<double>& sorted, double p)
{
    constexpr double kRounding = 1e-9; // of the whole range: what differs by less is alike
    const double alike = kRounding * (sorted.back() - sorted.front());
    const double wanted = p * static_cast<double>(sorted.size());
    double place = 0; // of the value before
    double value = sorted.front();
    for (std::size_t i = 0, next = 0; i < sorted.size(); i = next) {
        while (next < sorted.size() && sorted[next] - sorted[i] <= alike) {
            ++next;
        }
        const double middle = static_cast<double>(i + next) / 2;
        if (middle >= wanted) {
            return i == 0 ? sorted[i] : value + (sorted[i] - value) * (wanted - place) / (middle - place);
        }
        place = middle;
        value = sorted[i];
    }
    return value;
}

} // namespace

std::vector<std::uint32_t> eachItsOwn(std::size_t rows)
{
    std::vector<std::uint32_t> clusters(rows);
    std::iota(clusters.begin(), clusters.end(), 0U);
    return clusters;
}

std::size_t numClusters(std::span<const std::uint32_t> clusters)
{
    return clusters.empty() ? 0 : std::size_t{*std::max_element(clusters.begin(), clusters.end())} + 1;
}

Result<std::vector<std::vector<double>>> resample(std::span<const ValueOfCounts> values, std::span<const std::uint32_t> clusters,
                                                  const BootstrapSettings& settings, const base::Progress& progress,
                                                  const base::CancelToken& cancel)
{
    std::vector<std::vector<double>> drawn(values.size());
    const std::size_t all = numClusters(clusters);
    std::vector<std::uint32_t> ofCluster(all);
    std::vector<std::uint32_t> counts(clusters.size());
    base::Random random(settings.seed);
    for (std::int64_t draw = 0; draw < settings.draws && all > 0; ++draw) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        std::fill(ofCluster.begin(), ofCluster.end(), 0);
        for (std::size_t i = 0; i < all; ++i) {
            ++ofCluster[random.below(all)];
        }
        std::transform(clusters.begin(), clusters.end(), counts.begin(), [&](std::uint32_t cluster) { return ofCluster[cluster]; });
        for (std::size_t v = 0; v < values.size(); ++v) {
            drawn[v].push_back(values[v](counts));
        }
        if (progress) {
            progress(draw + 1, settings.draws);
        }
    }
    return drawn;
}

Interval percentileInterval(std::vector<double> drawn, std::size_t clusters, double level)
{
    std::erase_if(drawn, [](double value) { return std::isnan(value); });
    if (clusters < 2 || drawn.empty()) {
        return {kNone, kNone};
    }
    std::sort(drawn.begin(), drawn.end());
    const auto n = static_cast<double>(clusters);
    const double tail = normalCdf(-std::sqrt(n / (n - 1)) * studentQuantile(0.5 + level / 2, n - 1));
    return {quantileOf(drawn, tail), quantileOf(drawn, 1 - tail)};
}

double bootstrapP(std::span<const double> differences, std::size_t differing)
{
    const auto count = [&](auto is) { return static_cast<double>(std::count_if(differences.begin(), differences.end(), is)); };
    const double none = count([](double d) { return d == 0; });
    const double fewer = std::min(count([](double d) { return d < 0; }), count([](double d) { return d > 0; }));
    const double ofDraws = 2 * (fewer + none / 2 + 1) / (static_cast<double>(differences.size()) + 1);
    const double ofClusters = std::exp2(1 - static_cast<double>(differing));
    return std::min(1.0, std::max(ofDraws, ofClusters));
}

double standardDeviation(std::span<const double> drawn)
{
    const auto n = static_cast<double>(drawn.size());
    const double mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / n;
    const double squares = std::accumulate(drawn.begin(), drawn.end(), 0.0, [mean](double sum, double d) { return sum + (d - mean) * (d - mean); });
    return std::sqrt(squares / std::max(1.0, n - 1));
}

double rowsToShow(double difference, double standardError, double rows)
{
    const double ratio = kSure * standardError / difference;
    return difference == 0 ? kNone : rows * ratio * ratio;
}

double smallestShown(double standardError)
{
    return kSure * standardError;
}

} // namespace luthier::statistics
