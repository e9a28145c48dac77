// SPDX-License-Identifier: GPL-3.0-or-later
// PairSources: where pairs to judge come from (the answers of an evaluation, or a file of them) and where votes go: a data file of preferences.
//
// Threads: functions block, any thread.
#pragma once

#include "core/evaluation/eval_rows.h"
#include "core/evaluation/judging.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::evaluation {

// rows.jsonl in an evaluation's folder: what was asked, so that answers can be shown with it on another day.
Result<void> writeRows(const std::filesystem::path& folder, const std::vector<EvalRow>& rows);

struct PairChoice {
    std::string first = "base";
    std::string second = "tuned";
    std::int64_t limit = 0;   // so many, drawn by the seed; 0: all
    std::uint64_t seed = 42;  // of their order
};
struct ChosenPairs {
    std::vector<JudgedPair> pairs;
    std::int64_t equal = 0;   // left out: both answers are the same
    std::int64_t missing = 0; // left out: one of both has no answer
    std::vector<std::string> bad = {}; // left out: rows that are no pair, each with why
};
// Errors: no evaluation lies there, none of its systems has that name (with those that there are), nothing to judge.
Result<ChosenPairs> pairsOfEvaluation(const std::filesystem::path& folder, const PairChoice& choice);

// Rows {"prompt":"..." or [{"role":...},...],"first":"base","second":"tuned","first_answer":"...","second_answer":"...","reference":"..."};
// first and second may be left out and are called so then. Rows that are no pair are left out and named. Error: no pair is left.
Result<ChosenPairs> pairsOfFile(const std::filesystem::path& path, const PairChoice& choice);

// preferencesOf() as a data file. Rows written. Error: no vote gives a preference.
Result<std::int64_t> writePreferences(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes, const std::filesystem::path& path);

} // namespace luthier::evaluation
