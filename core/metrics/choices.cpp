// SPDX-License-Identifier: GPL-3.0-or-later
// Rows with choices, as lm-evaluation-harness' multiple_choice counts them: the likeliest choice, by its log-likelihood as it is or divided
// by the choice's length. Of equal ones the first counts. And what a reward model says of answers.
#include "core/metrics/row_sums.h"

#include <algorithm>
#include <cmath>

namespace luthier::metrics {

namespace {

double mean(std::span<const double> sums)
{
    return sums[0] / sums[1];
}

template <class LengthOf>
Measured shareOfRight(Rows rows, LengthOf lengthOf)
{
    auto sums = std::make_unique<RowSums>(2, mean);
    for (const ScoredRow& row : rows) {
        const ChoiceScores& choices = *row.choices;
        std::size_t best = 0;
        const auto scoreOf = [&](std::size_t i) { return choices.logProbs[i] / lengthOf(choices, i); };
        for (std::size_t i = 1; i < choices.logProbs.size(); ++i) {
            best = scoreOf(i) > scoreOf(best) ? i : best;
        }
        sums->add({best == choices.right ? 1.0 : 0.0, 1.0});
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

} // namespace

Measured choiceRight(Rows rows, const MetricSettings&)
{
    return shareOfRight(rows, [](const ChoiceScores&, std::size_t) { return 1.0; });
}

Measured choiceRightByCharacters(Rows rows, const MetricSettings&)
{
    return shareOfRight(rows, [](const ChoiceScores& choices, std::size_t i) { return static_cast<double>(std::max<std::int64_t>(1, choices.characters[i])); });
}

Measured choiceRightByBytes(Rows rows, const MetricSettings&)
{
    return shareOfRight(rows, [](const ChoiceScores& choices, std::size_t i) { return static_cast<double>(std::max<std::int64_t>(1, choices.bytes[i])); });
}

Measured lastWordsRight(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(2, mean);
    for (const ScoredRow& row : rows) {
        sums->add({row.cloze->isGreedy ? 1.0 : 0.0, 1.0});
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

Measured lastWordsPerplexity(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(2, [](std::span<const double> s) { return std::exp(-mean(s)); });
    for (const ScoredRow& row : rows) {
        sums->add({row.cloze->logProb, 1.0});
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

Measured rewardOfModel(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(2, mean);
    for (const ScoredRow& row : rows) {
        sums->add({*row.reward, 1.0});
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

} // namespace luthier::metrics
