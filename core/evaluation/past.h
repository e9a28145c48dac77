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

} // namespace luthier::evaluation
