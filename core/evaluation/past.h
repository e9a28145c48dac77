// SPDX-License-Identifier: GPL-3.0-or-later
// PastEvaluations: the evaluations that a folder keeps, finished or broken off.
//
// Threads: functions block, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::evaluation {

struct PastEvaluation {
    std::filesystem::path folder;
    std::string name;       // of the folder
    std::string title;      // "first, 36 rows": who answered and how many rows
    std::string verdict;    // empty: it was broken off before the end
    std::string problem;    // it cannot be read, and why
    std::int64_t rows = 0;
    std::int64_t changed = 0; // seconds since 1970
    bool isWhole() const { return !verdict.empty(); }
};

// The newest first; folders that hold no evaluation are left out.
std::vector<PastEvaluation> pastEvaluations(const std::filesystem::path& evaluations);

// results.json of a folder. Errors: there is none, it is damaged.
Result<Json> resultsIn(const std::filesystem::path& folder);

// Whether the verdict is about what lies at or under `result` (an adapter, a model): it is the last of those that answered.
bool isOf(const Json& results, const std::filesystem::path& result);

// The general sets of results.json, each as results of its own with a "name"; earlier versions kept one without.
std::vector<Json> generalSetsIn(const Json& results);

// results.json of the evaluations in which what lies at or under `result` (an adapter, a model) answered; the newest first. What cannot be
// read is left out and named in `problems`.
std::vector<Json> evaluationsOf(const std::filesystem::path& evaluations, const std::filesystem::path& result, std::vector<std::string>& problems);

// The newest of them that can be read: a damaged one is no reason to say nothing of the others. Null: there is none.
Json newestEvaluationOf(const std::filesystem::path& evaluations, const std::filesystem::path& result);

} // namespace luthier::evaluation
