// SPDX-License-Identifier: GPL-3.0-or-later
// Labels: predictions and references as one of several labels each, blanks around them left out. Where one of several references is
// the prediction, it is the row's label, else the first is.
//
// Threads: free functions, any thread.
#pragma once

#include "core/metrics/scored_row.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace luthier::metrics {

struct LabelledRows {
    std::vector<std::string> labels;       // sorted; of references and predictions
    std::vector<std::uint32_t> predicted;  // of each row, places in `labels`
    std::vector<std::uint32_t> referenced;
};
LabelledRows labelsOf(std::span<const ScoredRow> rows);

// What was predicted for what. Predictions that are no reference's label are counted together: models answer freely.
struct Confusion {
    std::vector<std::string> labels;              // of the references, the most frequent first
    std::vector<std::vector<std::int64_t>> counts; // [reference][prediction]; the last column: none of the labels
};
// Empty where the references are no labels.
Confusion confusionOf(std::span<const ScoredRow> rows);

// Labels are few short texts on one line that come again: a table of free texts would be as wide and as long as there are answers, and say nothing.
// Why the rows' references are none, as the end of a sentence; empty: they are labels, or there are no references.
inline constexpr std::size_t kMostLabels = 30;
inline constexpr std::size_t kLongestLabel = 40; // characters
std::string whyNoLabels(std::span<const ScoredRow> rows);

// Wrong letter for letter, blanks around it left out, and right if capital and small letters were the same.
bool isRightButForCase(const ScoredRow& row);

} // namespace luthier::metrics
