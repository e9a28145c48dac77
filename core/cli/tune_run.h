// SPDX-License-Identifier: GPL-3.0-or-later
// TuneRun: one training run from the command line, recorded in a project when there is one. Used by tune,
// resume and first-tune.
//
// Threads: blocks the main thread; Ctrl-C reaches the run through StopControl.
#pragma once

#include "core/cli/command.h"
#include "core/cli/run_printer.h"
#include "core/config/run_config.h"
#include "core/store/run_rows.h"
#include "core/train/run.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::ranks {
class Team;
}

namespace luthier::cli {

struct TuneRun {
    config::RunConfig config;
    std::filesystem::path folder;
    train::RunRows rows;
    bool resume = false;
    std::shared_ptr<store::Project> project; // null: not recorded
    store::RunId id = 0;
    std::shared_ptr<ranks::Team> team = nullptr; // one of several ranks; null: alone
    std::optional<std::int64_t> fromStep = {};   // resume: from that checkpoint; none: the newest
    std::filesystem::path tensorBoard = {};      // folder of an event file; empty: none
    std::filesystem::path jsonLines = {};        // file that events are appended to; empty: none
    Json measured = {};                   // event "measured" of the pass before the start; null: none was made

    bool leads() const;
};

// Reads the recipe, applies "key=value" settings (relative paths in them count from here) and the global
// flags. A learning rate that neither names is the usual one of method and objective (config/usual_rate.h).
Result<config::RunConfig> readTuneConfig(const std::filesystem::path& recipe,
                                         const std::vector<std::string>& settings, const Globals& globals);
// What was given of --device, --dtype and --threads counts before the recipe; whatever trains asks this.
void applyGlobals(config::RunConfig& config, const Globals& globals);
// "key=value" each, as --set takes them.
Result<void> applySettings(config::RunConfig& config, const std::vector<std::string>& settings);
// The first broken rule as a sentence.
Result<void> checkRules(const config::RunConfig& config);

// The rows as a person left them: those of the file (train/plan/run_rows_file.h), else the project's; without both the files as they lie there.
Result<train::RunRows> rowsLeft(const std::string& file, store::Project* project, const config::DataSettings& data);

// Makes the project's run, under a name of its own there (store/runs/run_names.h), of the rows as they were left there. With `out` given the run lies there and the project's folder points to it; empty:
// it lies in the project.
Result<TuneRun> recordedRun(config::RunConfig config, std::shared_ptr<store::Project> project,
                            const std::filesystem::path& out);

// A run of the project that was interrupted, stopped or parked, with its rows as they are left now; it is marked as running. One that
// never came to train begins.
Result<TuneRun> resumedRun(std::shared_ptr<store::Project> project, store::RunId id);

train::RunEnded runToEnd(const TuneRun& run, RunPrinter& printer, Context& context);
// The same where something else than Ctrl-C alone may stop it.
train::RunEnded runToEnd(const TuneRun& run, train::RunObserver& observer, train::StopControl& control, Console& console);

// Exit code; says why it failed or how to go on.
int codeOf(const TuneRun& run, const train::RunEnded& ended, Context& context);
// "Finished after 190 steps in 1 min 20 s." and where the result lies, on stdout; nothing with --json.
void printSummary(const train::RunEnded& ended, const RunPrinter& printer, Context& context);

// Trains, and says how it went: the exit code. Ranks but the first say why they failed alone.
int trainAndTell(const TuneRun& run, Context& context);

} // namespace luthier::cli
