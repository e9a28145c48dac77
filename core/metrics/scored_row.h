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

// How likely a model found each of a row's choices behind its question.
struct ChoiceScores {
    std::vector<double> logProbs;         // sums of ln p over the tokens of each
    std::vector<std::int64_t> characters; // of each choice
    std::vector<std::int64_t> bytes;      // in UTF-8
    std::size_t right = 0;                // place of the right one
};

// The last words of a text behind what stands before them.
struct ClozeScore {
    double logProb = 0;    // sum of ln p over their tokens
    bool isGreedy = false; // each of those tokens is the model's likeliest in its place
};

struct ScoredRow {
    std::string prediction;
    std::vector<std::string> references = {};  // any of them is right; empty: none is known
    std::optional<Likelihood> likelihood = {}; // of the first reference behind the prompt
    std::optional<double> confidence = {};     // 0 to 1: the model's own probability of its prediction
    std::optional<ChoiceScores> choices = {};  // of a row with choices
    std::optional<double> reward = {};         // what a reward model gave the prediction
    std::optional<ClozeScore> cloze = {};      // of a row whose last words are wanted
    bool isCut = false;                        // the prediction ended at the limit of tokens
};

} // namespace luthier::metrics
