// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/distributions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace luthier::statistics {

namespace {

// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method.
double betaFraction(double x, double a, double b)
{
    constexpr double kTiny = 1e-300;
    constexpr int kMostTerms = 100000;
    const auto away = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
    double c = 1;
    double d = 1 / away(1 - (a + b) * x / (a + 1));
    double result = d;
    for (int m = 1; m <= kMostTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away(1 + even * d);
        c = away(1 + even / c);
        result *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away(1 + odd * d);
        c = away(1 + odd / c);
        result *= d * c;
        if (std::abs(d * c - 1) < std::numeric_limits<double>::epsilon()) {
            break;
        }
    }
    return result;
}

// Where a growing function meets `wanted`, by halving: a few dozen steps to the last digit.
double inverse(double low, double high, double wanted, const std::function<double(double)>& of)
{
    for (int i = 0; i < 200 && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high) {
            break;
        }
        (of(middle) < wanted ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

} // namespace

double normalCdf(double z)
{
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double normalQuantile(double p)
{
    constexpr double kFarthest = 39; // beyond it nothing is left in double precision
    return p < 0.5 ? inverse(-kFarthest, 0, p, normalCdf) : -inverse(-kFarthest, 0, 1 - p, normalCdf);
}

double betaCdf(double x, double a, double b)
{
    if (x <= 0 || x >= 1) {
        return x <= 0 ? 0 : 1;
    }
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b;
}

double betaQuantile(double p, double a, double b)
{
    return inverse(0, 1, p, [a, b](double x) { return betaCdf(x, a, b); });
}

double studentCdf(double t, double freedom)
{
    const double tail = 0.5 * betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5);
    return t < 0 ? tail : 1 - tail;
}

double studentQuantile(double p, double freedom)
{
    if (p < 0.5) {
        return -studentQuantile(1 - p, freedom);
    }
    double high = 2;
    while (studentCdf(high, freedom) < p && high < 1e300) {
        high *= 2;
    }
    return inverse(0, high, p, [freedom](double t) { return studentCdf(t, freedom); });
}

double binomialCdf(std::int64_t hits, std::int64_t trials, double p)
{
    if (hits < 0 || hits >= trials) {
        return hits < 0 ? 0 : 1;
    }
    return betaCdf(1 - p, static_cast<double>(trials - hits), static_cast<double>(hits) + 1);
}

} // namespace luthier::statistics
