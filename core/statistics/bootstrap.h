// SPDX-License-Identifier: GPL-3.0-or-later
// Bootstrap: how far a value would scatter over other rows of the same kind. Rows that belong together (of one source, one tag) are
// drawn together: rows of one source resemble each other, and intervals that take them for independent are far too narrow.
//
// Draws follow from the seed alone. Everything that is measured in one pass sees the same draws, so that the difference of two systems
// is paired: what makes rows easy or hard for both falls out.
//
// Intervals are percentiles, widened for the number of clusters (Hesterberg 2015, "expanded percentile"): plain ones are too narrow by
// sqrt((n-1)/n) and take no notice of Student's t. Draws that are alike count half as below and half as above: shares of right answers fall on
// few values, and counted whole on both sides, 95 % became 96.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/statistics/distributions.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace luthier::statistics {

struct BootstrapSettings {
    std::int64_t draws = 2000;
    std::uint64_t seed = 42;
    double level = 0.95;
};

// clusters[i]: what row i is drawn together with, numbered from 0 without gaps. Each row its own: 0, 1, 2, ...
std::vector<std::uint32_t> eachItsOwn(std::size_t rows);
std::size_t numClusters(std::span<const std::uint32_t> clusters);

// A value of rows counted so often each (metrics/metric.h).
using ValueOfCounts = std::function<double(std::span<const std::uint32_t> counts)>;

// values[v][draw]. Error: "cancelled".
Result<std::vector<std::vector<double>>> resample(std::span<const ValueOfCounts> values, std::span<const std::uint32_t> clusters,
                                                  const BootstrapSettings& settings, const base::Progress& progress = {},
                                                  const base::CancelToken& cancel = {});

// From the draws of one value. NaN at both ends where there are fewer than two clusters.
Interval percentileInterval(std::vector<double> drawn, std::size_t clusters, double level);

// Two-sided: how often the draws lie on the other side of nothing, half of those that lie on it; never less than the number of draws can tell,
// nor than so few clusters can: where nothing differs, all of n that differ at all point one way in 2 of 2^n cases (the exact test by switching
// signs). `differing`: those clusters; the others say nothing of the sign, however many they are.
double bootstrapP(std::span<const double> differences, std::size_t differing);
double standardDeviation(std::span<const double> drawn);

// How many rows would show a difference of this size four times in five at 95 %, when `rows` of them scatter by `standardError`.
// NaN where the difference is none.
double rowsToShow(double difference, double standardError, double rows);
// The smallest difference that rows of this standard error show four times in five.
double smallestShown(double standardError);

} // namespace luthier::statistics
