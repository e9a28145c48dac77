// SPDX-License-Identifier: GPL-3.0-or-later
// Proportions: shares of rows that are right, and two systems on the same rows.
//
// Threads: free functions, any thread.
#pragma once

#include "core/statistics/distributions.h"

#include <cstdint>

namespace luthier::statistics {

// Wilson 1927: stays inside of 0 and 1, and keeps what it promises for small numbers too.
Interval wilsonInterval(double hits, double trials, double level = 0.95);
// Clopper and Pearson 1934: never less than the level, often more.
Interval exactInterval(std::int64_t hits, std::int64_t trials, double level = 0.95);

// McNemar 1947, exact and two-sided: how likely rows that differ would be parted so unevenly if both were as good. 1 where none differ.
double mcnemar(std::int64_t onlyFirst, std::int64_t onlySecond);

} // namespace luthier::statistics
