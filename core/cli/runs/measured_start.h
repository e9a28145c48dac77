// SPDX-License-Identifier: GPL-3.0-or-later
// MeasuredStart: the largest batch passed once before a run starts or goes on, which says the memory and time that it needs
// and refuses what does not fit. Used by tune and resume.
//
// Threads: blocks the main thread; Ctrl-C ends it.
#pragma once

#include "core/cli/command.h"
#include "core/config/run_config.h"
#include "core/train/run.h"

namespace luthier::cli {

inline constexpr const char* kAtOnceHelp = "Start without passing the largest batch first, which says the run's memory and time and refuses what does not fit";

// Event "measured" (cli.md), told in a sentence, too, where no JSON is written; null: the run makes its batches while it trains,
// so there is none yet. `step`: that the run goes on from, 0: none. Errors: "cancelled"; what the run would begin with; without
// room a sentence with the changes that need least.
Result<Json> measuredStart(const config::RunConfig& config, const train::RunRows& rows, std::int64_t step, Context& context);

} // namespace luthier::cli
