// SPDX-License-Identifier: GPL-3.0-or-later
// RuleContest: base and tuned answer what a run never learned from, and rules that everybody can read say which answer is better.
#pragma once

#include "core/cli/command.h"
#include "core/cli/comparison.h"
#include "core/cli/tune_run.h"

#include <string>
#include <vector>

namespace luthier::cli {

struct ContestSettings {
    std::vector<std::string> rules;       // as rewards::parseRule reads them
    std::string meaning;                  // what they reward, in words: "says why, or adds a word of advice"
    std::vector<ComparisonColumn> columns; // before, after
    std::int64_t longest = 64;            // tokens of an answer
};

// Prints the contest over the run's held-out prompts; with --json a line of the event "contest". Errors: rows that cannot be read,
// a model that cannot answer; none where the run held nothing out.
Result<void> printContest(const ContestSettings& settings, const TuneRun& run, Context& context);

} // namespace luthier::cli
