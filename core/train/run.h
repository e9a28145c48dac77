// SPDX-License-Identifier: GPL-3.0-or-later
// run: the torch-free entry to training. Blocks the calling thread until RunEnded was sent.
//
// Folder of a run: recipe.json, held_out.json (see held_out_list.h), events.jsonl is not written here (observers store events),
// checkpoints/step-N/, where it started from (start_point.h), and the result: adapter/ (PEFT layout) or model/ (Hugging Face
// folder). The head of an objective that judges is part of it as transformers and PEFT have it (peft/folders/score_folder.h); values of
// tokens lie in value/ of it (answers/value_model.h), heads of other objectives as heads.safetensors.
#pragma once

#include "core/config/run_config.h"
#include "core/train/events.h"
#include "core/train/plan/run_rows.h"
#include "core/train/stop_control.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace luthier::ranks {
class Team;
}

namespace luthier::objectives {
struct Objective;
}

namespace luthier::train {

struct RunInputs {
    std::filesystem::path folder; // created; must be empty or absent unless resuming
    std::optional<RunRows> rows;  // of the configuration's files (store::runRows); nullopt: the files as they lie there
    bool resume = false;          // continue from the newest good checkpoint in folder
    const objectives::Objective* objective = nullptr; // one that stands in no table; null: the recipe's
    std::optional<std::int64_t> fromStep = {}; // resume: from that checkpoint; those behind it go once the run has passed them
    std::shared_ptr<ranks::Team> team = nullptr; // this process is one rank of several (ranks/team.h); null: alone
};

// Never throws. Returns what RunEnded carried.
RunEnded run(const config::RunConfig& config, const RunInputs& inputs, StopControl& control, RunObserver& observer);

// Configuration of a run folder, for resume and display.
Result<config::RunConfig> readRunFolder(const std::filesystem::path& folder);

} // namespace luthier::train
