// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/verdict.h"

#include "core/base/amount.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace luthier::evaluation {

namespace {

// Two digits that count are all that such an estimate is worth.
std::string aboutSoMany(double rows)
{
    constexpr double kNever = 1e9;
    if (rows > kNever) {
        return "more than " + base::counted(static_cast<std::int64_t>(kNever));
    }
    const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(std::max(rows, 1.0))) - 1));
    return "about " + base::counted(static_cast<std::int64_t>(std::ceil(rows / unit) * unit));
}

std::string pText(double p)
{
    std::array<char, 32> buffer{};
    if (p < 0.001) {
        return "p < 0.001";
    }
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), p, std::chars_format::fixed, 3);
    return "p = " + std::string(buffer.data(), end.ptr);
}

std::string ofPair(const Results& results, const PairedDifference& pair)
{
    const metrics::Metric& metric = *pair.metric;
    const auto& first = results.contenders[pair.first];
    const auto& second = results.contenders[pair.second];
    const double before = results.values[pair.first].front().value;
    const double after = results.values[pair.second].front().value;
    const std::string rows = base::amount(results.rows.size(), "row") + (results.groups < results.rows.size() ? " in " + base::amount(results.groups, "group") : "");
    const std::string allow(base::oneOrMany(results.rows.size(), " allows", " allow"));
    const std::string numbers = std::string(metric.label) + " " + numberText(metric, before) + " and " + numberText(metric, after);
    const double gain = gainOf(metric, pair.difference);
    if (std::isnan(pair.interval.low)) {
        return "Between " + first.title + " and " + second.title + " nothing can be said: " + rows + allow + " no interval (" + numbers + ").";
    }
    if (!pair.isShown()) {
        const bool isNone = pair.difference == 0 || std::isnan(pair.rowsToShow);
        return "Between " + first.title + " and " + second.title + " there is no difference in " + metric.label + " that " + rows + " can show ("
               + numberText(metric, before) + " and " + numberText(metric, after) + ", the difference from " + intervalText(metric, pair.interval) + ")"
               + (isNone ? "." : "; " + aboutSoMany(pair.rowsToShow) + " would.");
    }
    const std::string word = gain > 0 ? " is better than " : gain < 0 ? " is worse than " : " differs from ";
    return second.title + word + first.title + ": " + metric.label + " " + numberText(metric, after) + " instead of "
           + numberText(metric, before) + " on " + rows + " (the difference from " + intervalText(metric, pair.interval) + ", " + pText(pair.p) + ").";
}

} // namespace

std::string intervalText(const metrics::Metric& metric, const statistics::Interval& interval)
{
    return std::isnan(interval.low) ? "no interval" : numberText(metric, interval.low) + " to " + numberText(metric, interval.high);
}

std::string verdictOf(const Results& results)
{
    const metrics::Metric& metric = *results.values.back().front().metric;
    std::string verdict;
    for (const PairedDifference& pair : results.differences) {
        if (pair.metric == &metric) {
            std::string sentence = ofPair(results, pair);
            sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front()))); // it may begin with a title
            verdict += (verdict.empty() ? "" : " ") + sentence;
        }
    }
    if (!verdict.empty()) {
        return verdict;
    }
    const MetricValue& value = results.values.back().front();
    return std::string(metric.label) + " " + numberText(metric, value.value) + " on " + base::amount(results.rows.size(), "row")
           + " (95 %: " + intervalText(metric, value.interval) + "); there is nothing to compare it with.";
}

} // namespace luthier::evaluation
