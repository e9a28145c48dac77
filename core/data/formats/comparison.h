// SPDX-License-Identifier: GPL-3.0-or-later
// Comparison: a row with several answers to one prompt and what somebody said of them, as a pair of the best and the worst. The
// answers are fields that differ in one word of their names (response_a and response_b, answer_1 and answer_2, "Response B") or a
// list of texts or objects ("completions", "responses"). What is said is one of
//   a verdict that names an answer (winner, preferred, choice, better_response_id: "a", "model_b", 2, the answer itself),
//   a score or a rank for each (score_A, scores, "overall_score" inside of a completion, winner_model_a),
//   their order (ranking).
// A verdict that may be read in two ways is never guessed, and equal answers are no pair: both are sentences.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"
#include "core/data/example.h"

#include <cstddef>
#include <string>
#include <vector>

namespace luthier::data {

struct ComparedAnswer {
    std::string path; // of its text or its messages: "response_a", "completions/0/response"
    Json value;       // what stands there
};

// At least two; empty: the row compares nothing.
std::vector<ComparedAnswer> comparedAnswers(const Json& row);

// Whether somebody said something of the row's answers, whatever it means.
bool isJudged(const Json& row);

// The field that says which is better, as the row spells it; empty: it is said of each answer by itself, or nowhere.
std::string verdictField(const Json& row);

// The row with the better of its answers as "chosen", the other as "rejected", and its prompt as "prompt".
// Errors: nothing is said of the answers, a verdict that names none or may mean either, answers that are equally good.
Result<Json> asPair(const Json& row);

} // namespace luthier::data
