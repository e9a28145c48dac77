// SPDX-License-Identifier: GPL-3.0-or-later
// Distributions: probabilities and quantiles that intervals and tests are made of.
//
// Threads: free functions, any thread. Relative error below 1e-12 where the result is not tiny.
#pragma once

#include <cstdint>

namespace luthier::statistics {

struct Interval {
    double low = 0;
    double high = 0;
};

double normalCdf(double z);
double normalQuantile(double p);                       // 0 < p < 1
double betaCdf(double x, double a, double b);          // the regularised incomplete beta function
double betaQuantile(double p, double a, double b);
double studentCdf(double t, double freedom);
double studentQuantile(double p, double freedom);
double binomialCdf(std::int64_t hits, std::int64_t trials, double p); // at most so many hits

} // namespace luthier::statistics
