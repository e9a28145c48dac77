// SPDX-License-Identifier: GPL-3.0-or-later
// RecipeFiles: whether what a recipe names beside its model and its data is there and is what it should be: the rules that reward answers
// with the files that they read, and the reward model. Asked before a run is recorded (train/start_point.h), by every plan, and so by the
// window before its start. Torch-free.
//
// Threads: any; reads headers and small files.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/data/encoding.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::train {

// Errors name the setting: a rule that cannot be, a schema that is none, a reward model that is not there or is none.
Result<void> checkRecipeFiles(const config::RunConfig& config);

// What a reward model will read.
struct JudgedTexts {
    bool areTexts = false;    // as they stand; else conversations
    std::int64_t longest = 0; // tokens of the longest prompt, as the run's own model counts them
};
// What a person should know of the reward model, as sentences. Errors: it cannot read what it is to judge.
Result<std::vector<std::string>> rewardModelRemarks(const config::RunConfig& config, const data::Encoder& own, const JudgedTexts& texts);

} // namespace luthier::train
