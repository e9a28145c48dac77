// SPDX-License-Identifier: GPL-3.0-or-later
// EvalInputs: the rows of an evaluation as a project has them, with edits, left-out rows and tags: of a file, or those that a run kept
// aside and never learned from; and a run of the project as one of those that answer.
//
// Threads: functions block, any thread; they read the project.
#pragma once

#include "core/evaluation/request.h"
#include "core/store/run_rows.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::store {

// Of a file; one of rows with choices or with last words is read as such (evaluation/choice_rows.h, cloze_rows.h). `project` may be null.
Result<evaluation::EvalRows> evalRowsOfFile(Project* project, const train::RunFile& file, const evaluation::EvalRowSettings& settings,
                                            const base::CancelToken& cancel = {});

// Rows for what was forgotten: texts, questions with answers or with choices; lastWords > 0: texts of which so many last words are wanted.
Result<evaluation::GeneralSet> generalSet(Project* project, const std::string& file, std::int64_t limit, std::int64_t lastWords, const base::CancelToken& cancel = {});

struct HeldOutRows {
    evaluation::EvalRows rows;
    std::filesystem::path source; // the first of their files
};
// What the run never learned from. Errors: it kept none; files that cannot be read.
Result<HeldOutRows> heldOutRowsOf(Project& project, const RunRow& run, const evaluation::EvalRowSettings& settings, const base::CancelToken& cancel = {});

// What the run learned from, for examples: its first file.
Result<std::shared_ptr<const data::Dataset>> trainingRowsOf(Project& project, const RunRow& run, const base::CancelToken& cancel = {});

// The run's own general data (data.general), its first file; empty: it had none.
std::filesystem::path generalFileOf(const RunRow& run);

// Who answers beside a run's result.
struct Beside {
    std::string system;       // of the base with a prompt; with neither there is none
    std::int64_t shots = 0;
    bool checkpoints = false; // the run's own, at most `mostCheckpoints` of them, evenly over its steps
    std::vector<RunRow> runs = {}; // other runs' results
};
inline constexpr std::size_t kMostCheckpoints = 8;

// Base, base with a prompt, checkpoints, other runs and at last the run's result. Checkpoints are made into results that open, which reads
// the base. Errors: a run without a result (its newest checkpoint answers instead where it was stopped), a folder that is gone.
Result<std::vector<evaluation::EvalSystem>> systemsOfRun(const RunRow& run, const Beside& beside, const base::CancelToken& cancel = {});

} // namespace luthier::store
