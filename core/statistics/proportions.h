// SPDX-License-Identifier: GPL-3.0-or-later
// Proportions: shares of rows that are right, and two systems on the same rows.
//
// Threads: free functions, any thread.
#pragma once

#include "core/statistics/distributions.h"

#include <cstdint>
#include <span>

namespace luthier::statistics {

// Wilson 1927: stays inside of 0 and 1, and keeps what it promises for small numbers too.
Interval wilsonInterval(double hits, double trials, double level = 0.95);
// Clopper and Pearson 1934: never less than the level, often more.
Interval exactInterval(std::int64_t hits, std::int64_t trials, double level = 0.95);

// Tango 1998: the score interval of the second's share less the first's, where two systems stood against each other `trials` times and one alone
// won so often, the rest being alike for both. It keeps what it promises where few differ or none do, and without such a rest is Wilson's.
// An outcome between winning and losing is d in -1 to 1 and counts (d * d + d) / 2 for the second, (d * d - d) / 2 for the first.
Interval pairedInterval(double onlyFirst, double onlySecond, double trials, double level = 0.95);

// McNemar 1947, exact and two-sided: how likely rows that differ would be parted so unevenly if both were as good. 1 where none differ.
double mcnemar(std::int64_t onlyFirst, std::int64_t onlySecond);

// What a mean of values scatters by where those of one cluster stick together (Liang and Zeger 1986): scores[i] is the weight of a value times how far
// it lies from the mean, clusters[i] its cluster, from 0. 0 where there are fewer than two. What two ways of clustering add to each other is the
// difference of their variances (Cameron, Gelbach and Miller 2011).
double clusteredVariance(std::span<const double> scores, std::span<const std::uint32_t> clusters);

// An interval about `middle` that another independent source of scatter makes wider, each side by its own (Zou and Donner 2008).
Interval widened(const Interval& interval, double middle, double variance, double level = 0.95);

} // namespace luthier::statistics
