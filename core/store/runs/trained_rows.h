// SPDX-License-Identifier: GPL-3.0-or-later
// TrainedRows: rows of an evaluation that a run learned from: numbers on them say how well it remembers, not whether tuning helped.
//
// Threads: functions block (they read the run's training files), any thread.
#pragma once

#include "core/evaluation/request.h"
#include "core/store/run_rows.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::store {

// Rows are the same where a model would see the same in them (data::exampleHash). Those that the run split off are not among what it learned
// from. `project` may be null: the run's files as they lie there. Error: a file that cannot be read, "cancelled".
Result<evaluation::TrainedOn> trainedOn(Project* project, const std::filesystem::path& runFolder, const config::RunConfig& config, const std::string& name,
                                        const std::vector<evaluation::EvalRow>& rows, const base::CancelToken& cancel = {});

// Of the project's runs, and of those in whose folders the systems' adapters and models lie; each run once, those that learned from none of the
// rows left out. What cannot be told is a sentence in `problems`.
std::vector<evaluation::TrainedOn> trainedOn(Project* project, const std::vector<RunRow>& runs, const std::vector<evaluation::EvalSystem>& systems,
                                             const std::vector<evaluation::EvalRow>& rows, std::vector<std::string>& problems, const base::CancelToken& cancel = {});

} // namespace luthier::store
