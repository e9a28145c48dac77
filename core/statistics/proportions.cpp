// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/proportions.h"

#include <algorithm>
#include <cmath>

namespace luthier::statistics {

Interval wilsonInterval(double hits, double trials, double level)
{
    const double z = normalQuantile(0.5 + level / 2);
    const double share = hits / trials;
    const double all = trials + z * z;
    const double middle = (hits + z * z / 2) / all;
    const double half = z * std::sqrt(trials) / all * std::sqrt(share * (1 - share) + z * z / (4 * trials));
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Interval exactInterval(std::int64_t hits, std::int64_t trials, double level)
{
    const double tail = (1 - level) / 2;
    const auto k = static_cast<double>(hits);
    const auto n = static_cast<double>(trials);
    return {hits == 0 ? 0 : betaQuantile(tail, k, n - k + 1), hits == trials ? 1 : betaQuantile(1 - tail, k + 1, n - k)};
}

double mcnemar(std::int64_t onlyFirst, std::int64_t onlySecond)
{
    const std::int64_t all = onlyFirst + onlySecond;
    return all == 0 ? 1 : std::min(1.0, 2 * binomialCdf(std::min(onlyFirst, onlySecond), all, 0.5));
}

} // namespace luthier::statistics
