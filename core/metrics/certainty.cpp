// SPDX-License-Identifier: GPL-3.0-or-later
// What a model's own probabilities say: perplexity of the references, and how far certainty is from being right.
#include "core/metrics/certainty.h"

#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace luthier::metrics {

namespace {

using BinSums = std::array<double, 3 * kCertaintyBins>; // of each bin: rows, certainty, right ones

// Bins are (low, high], the first with its low end.
std::size_t binOf(double confidence)
{
    const double place = std::ceil(std::clamp(confidence, 0.0, 1.0) * kCertaintyBins) - 1;
    return place < 0 ? 0 : std::min(static_cast<std::size_t>(place), kCertaintyBins - 1);
}

bool isRight(const ScoredRow& row)
{
    return std::any_of(row.references.begin(), row.references.end(),
                       [&](const std::string& reference) { return trimmed(reference) == trimmed(row.prediction); });
}

double errorOf(std::span<const double> sums)
{
    double rows = 0;
    double apart = 0;
    for (std::size_t bin = 0; bin < kCertaintyBins; ++bin) {
        rows += sums[3 * bin];
        apart += std::abs(sums[3 * bin + 1] - sums[3 * bin + 2]);
    }
    return apart / rows;
}

BinSums sumsOf(const ScoredRow& row)
{
    BinSums sums{};
    const std::size_t bin = binOf(row.confidence.value_or(0));
    sums[3 * bin] = 1;
    sums[3 * bin + 1] = row.confidence.value_or(0);
    sums[3 * bin + 2] = isRight(row) ? 1 : 0;
    return sums;
}

} // namespace

std::vector<CertaintyBin> certaintyBins(std::span<const ScoredRow> rows)
{
    std::vector<CertaintyBin> bins(kCertaintyBins);
    for (const ScoredRow& row : rows) {
        if (row.confidence && !row.references.empty()) {
            CertaintyBin& bin = bins[binOf(*row.confidence)];
            ++bin.rows;
            bin.confidence += *row.confidence;
            bin.accuracy += isRight(row) ? 1 : 0;
        }
    }
    for (CertaintyBin& bin : bins) {
        const auto n = static_cast<double>(std::max<std::int64_t>(bin.rows, 1));
        bin.confidence /= n;
        bin.accuracy /= n;
    }
    return bins;
}

Measured perplexity(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(2, [](std::span<const double> s) { return std::exp(-s[0] / s[1]); });
    for (const ScoredRow& row : rows) {
        sums->add({row.likelihood->logProb, static_cast<double>(row.likelihood->tokens)});
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

Measured calibrationError(Rows rows, const MetricSettings&)
{
    auto sums = std::make_unique<RowSums>(3 * kCertaintyBins, errorOf);
    for (const ScoredRow& row : rows) {
        sums->add(sumsOf(row));
    }
    return std::unique_ptr<Measurement>(std::move(sums));
}

} // namespace luthier::metrics
