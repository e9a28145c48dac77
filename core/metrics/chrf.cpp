// SPDX-License-Identifier: GPL-3.0-or-later
// chrF (Popović 2015) as sacrebleu counts it: characters without white space, orders 1 to 6, beta 2, orders that a text is too short for
// left out; of several references the one that is closest.
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>

namespace luthier::metrics {

namespace {

constexpr std::size_t kOrder = 6;
constexpr double kFactor = 4; // beta squared
using Numbers = std::array<double, 3 * kOrder>; // of each order: sequences of the answer, of the reference, hits

double score(std::span<const double> sums)
{
    double precision = 0;
    double recall = 0;
    int orders = 0;
    for (std::size_t n = 0; n < kOrder; ++n) {
        const double answer = sums[3 * n];
        const double reference = sums[3 * n + 1];
        const double hits = sums[3 * n + 2];
        if (answer > 0 && reference > 0) {
            precision += hits / answer;
            recall += hits / reference;
            ++orders;
        }
    }
    if (orders == 0) {
        return 0;
    }
    precision /= orders;
    recall /= orders;
    if (precision + recall == 0) {
        return 0;
    }
    double result = (1 + kFactor) * precision * recall;
    result /= kFactor * precision + recall;
    return 100 * result;
}

using Counts = std::unordered_map<std::u32string_view, std::int64_t>;

std::u32string withoutSpace(std::string_view text)
{
    std::u32string all = text::toCodePoints(text);
    std::erase_if(all, isPythonSpace);
    return all;
}

Counts countsOf(std::u32string_view text, std::size_t order)
{
    Counts counts;
    for (std::size_t i = 0; i + order <= text.size(); ++i) {
        ++counts[text.substr(i, order)];
    }
    return counts;
}

Numbers numbersOf(const std::array<Counts, kOrder>& answer, std::u32string_view reference)
{
    Numbers numbers{};
    for (std::size_t n = 0; n < kOrder; ++n) {
        const Counts there = countsOf(reference, n + 1);
        for (const auto& [sequence, count] : answer[n]) {
            const auto found = there.find(sequence);
            numbers[3 * n] += there.empty() ? 0 : static_cast<double>(count);
            numbers[3 * n + 2] += found == there.end() ? 0 : static_cast<double>(std::min(count, found->second));
        }
        for (const auto& [sequence, count] : there) {
            numbers[3 * n + 1] += static_cast<double>(count);
        }
    }
    return numbers;
}

Numbers best(const ScoredRow& row)
{
    const std::u32string answer = withoutSpace(row.prediction);
    std::array<Counts, kOrder> counts;
    for (std::size_t n = 0; n < kOrder; ++n) {
        counts[n] = countsOf(answer, n + 1);
    }
    Numbers found{};
    double bestScore = -1;
    for (const auto& reference : row.references) {
        const Numbers numbers = numbersOf(counts, withoutSpace(reference));
        if (const double its = score(numbers); its > bestScore) {
            bestScore = its;
            found = numbers;
        }
    }
    return found;
}

} // namespace

Measured chrf(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(3 * kOrder, score);
    for (const ScoredRow& row : rows) {
        sums->add(best(row));
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

} // namespace luthier::metrics
