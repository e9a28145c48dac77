// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace luthier::statistics {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Coincidences of pairs of judgements, by the places of their values.
using Matrix = std::vector<std::vector<double>>;

double squaredDistance(const std::vector<double>& values, const std::vector<double>& totals, std::size_t a, std::size_t b, Scale scale)
{
    if (scale == Scale::Nominal) {
        return a == b ? 0 : 1;
    }
    if (scale == Scale::Interval) {
        return (values[a] - values[b]) * (values[a] - values[b]);
    }
    double between = -(totals[a] + totals[b]) / 2;
    for (std::size_t g = std::min(a, b); g <= std::max(a, b); ++g) {
        between += totals[g];
    }
    return a == b ? 0 : between * between;
}

} // namespace

double cohenKappa(std::span<const int> first, std::span<const int> second)
{
    std::map<int, double> ofFirst;
    std::map<int, double> ofSecond;
    double same = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        ++ofFirst[first[i]];
        ++ofSecond[second[i]];
        same += first[i] == second[i] ? 1 : 0;
    }
    const auto n = static_cast<double>(first.size());
    double byChance = 0;
    for (const auto& [judgement, count] : ofFirst) {
        byChance += count * ofSecond[judgement] / n;
    }
    return n == 0 || byChance == n ? kNone : (same - byChance) / (n - byChance);
}

double krippendorffAlpha(const std::vector<std::vector<std::optional<double>>>& judgements, Scale scale)
{
    std::map<double, std::size_t> places;
    for (const auto& judge : judgements) {
        for (const auto& judgement : judge) {
            if (judgement) {
                places[*judgement] = 0;
            }
        }
    }
    std::vector<double> values;
    for (auto& [value, place] : places) {
        place = values.size();
        values.push_back(value);
    }
    Matrix together(values.size(), std::vector<double>(values.size(), 0));
    const std::size_t items = judgements.empty() ? 0 : judgements.front().size();
    for (std::size_t item = 0; item < items; ++item) {
        std::vector<std::size_t> here;
        for (const auto& judge : judgements) {
            if (judge[item]) {
                here.push_back(places[*judge[item]]);
            }
        }
        for (std::size_t i = 0; i < here.size(); ++i) {
            for (std::size_t j = 0; j < here.size(); ++j) {
                together[here[i]][here[j]] += i == j ? 0 : 1 / (static_cast<double>(here.size()) - 1);
            }
        }
    }
    std::vector<double> totals(values.size(), 0);
    double all = 0;
    for (std::size_t a = 0; a < values.size(); ++a) {
        for (const double count : together[a]) {
            totals[a] += count;
            all += count;
        }
    }
    double seen = 0;
    double expected = 0;
    for (std::size_t a = 0; a < values.size(); ++a) {
        for (std::size_t b = 0; b < values.size(); ++b) {
            const double apart = squaredDistance(values, totals, a, b, scale);
            seen += together[a][b] * apart;
            expected += totals[a] * (totals[b] - (a == b ? 1 : 0)) * apart;
        }
    }
    return expected == 0 ? kNone : 1 - (all - 1) * seen / expected;
}

} // namespace luthier::statistics
