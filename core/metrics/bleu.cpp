// SPDX-License-Identifier: GPL-3.0-or-later
// BLEU (Papineni 2002) as sacrebleu counts it: words by mteval-v13a, exponential smoothing, order 4; the effective order where a row
// stands alone.
#include "core/metrics/bleu_words.h"
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace luthier::metrics {

namespace {

constexpr std::size_t kOrder = 4;
constexpr std::size_t kWidth = 2 + 2 * kOrder; // length, reference's length, hits and sequences of each order
constexpr double kLogOfNothing = -9999999999.0;

double score(std::span<const double> sums, bool isEffectiveOrder)
{
    const double length = sums[0];
    const double referenceLength = sums[1];
    const auto hits = sums.subspan(2, kOrder);
    const auto totals = sums.subspan(2 + kOrder, kOrder);
    if (std::all_of(hits.begin(), hits.end(), [](double hit) { return hit == 0; })) {
        return 0;
    }
    const double brevity = length >= referenceLength ? 1.0 : std::exp(1 - referenceLength / length);
    std::array<double, kOrder> precisions{};
    std::size_t order = kOrder;
    double smoothing = 1;
    for (std::size_t n = 0; n < kOrder && totals[n] > 0; ++n) {
        order = isEffectiveOrder ? n + 1 : kOrder;
        if (hits[n] == 0) {
            smoothing *= 2;
            precisions[n] = 100. / (smoothing * totals[n]);
        } else {
            precisions[n] = 100. * hits[n] / totals[n];
        }
    }
    double sum = 0;
    for (std::size_t n = 0; n < order; ++n) {
        sum += precisions[n] == 0 ? kLogOfNothing : std::log(precisions[n]);
    }
    return brevity * std::exp(sum / static_cast<double>(order));
}

// Ties go to the shorter one.
std::size_t closestLength(std::size_t length, const std::vector<Sequence>& references)
{
    const auto distance = [length](std::size_t other) { return other > length ? other - length : length - other; };
    std::size_t best = references.front().size();
    for (const auto& reference : references) {
        const auto size = reference.size();
        if (distance(size) < distance(best) || (distance(size) == distance(best) && size < best)) {
            best = size;
        }
    }
    return best;
}

std::array<double, kWidth> numbersOf(const ScoredRow& row, WordNumbers& numbers)
{
    const Sequence answer = numbers.of(bleuWords(row.prediction));
    std::vector<Sequence> references;
    for (const auto& reference : row.references) {
        references.push_back(numbers.of(bleuWords(reference)));
    }
    std::array<double, kWidth> result{};
    result[0] = static_cast<double>(answer.size());
    result[1] = static_cast<double>(closestLength(answer.size(), references));
    for (std::size_t n = 1; n <= kOrder; ++n) {
        SequenceCounts most; // of each sequence in any one reference
        for (const auto& reference : references) {
            for (const auto& [sequence, count] : countSequences(reference, n)) {
                auto& there = most[sequence];
                there = std::max(there, count);
            }
        }
        for (const auto& [sequence, count] : countSequences(answer, n)) {
            const auto found = most.find(sequence);
            result[1 + n] += found == most.end() ? 0 : static_cast<double>(std::min(count, found->second));
            result[1 + kOrder + n] += static_cast<double>(count);
        }
    }
    return result;
}

} // namespace

Measured bleu(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(
        kWidth, [](std::span<const double> s) { return score(s, false); }, [](std::span<const double> s) { return score(s, true); });
    WordNumbers numbers;
    for (const ScoredRow& row : rows) {
        sums->add(numbersOf(row, numbers));
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

} // namespace luthier::metrics
