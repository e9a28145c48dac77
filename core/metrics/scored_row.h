// SPDX-License-Identifier: GPL-3.0-or-later
// ScoredRow: one row as metrics see it: what was answered, what would have been right, and what a model said of its own certainty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace luthier::metrics {

// How likely a model found a text: the sum over its tokens of ln p, and how many those were.
struct Likelihood {
    double logProb = 0;
    std::int64_t tokens = 0;
};

struct ScoredRow {
    std::string prediction;
    std::vector<std::string> references = {};  // any of them is right; empty: none is known
    std::optional<Likelihood> likelihood = {}; // of the first reference behind the prompt
    std::optional<double> confidence = {};     // 0 to 1: the model's own probability of its prediction
};

} // namespace luthier::metrics
