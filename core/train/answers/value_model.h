// SPDX-License-Identifier: GPL-3.0-or-later
// ValueModel: what a run with values (PPO) expected of its answers, kept beside what answers in value/ of its result: the adapters that
// the values read and their head, as PEFT and transformers open them (token classification with one label); of a run that
// trained all weights the head alone. A run that goes on from such a result goes on with its values. Internal to core: names torch types.
#pragma once

#include "core/train/run_parts.h"

#include <filesystem>

namespace luthier::train {

// Whether the run's objective has values.
bool hasValues(const objectives::Objective& objective);

// Writes value/ into a result that was just written. The decoder's adapters are afterwards what they were.
Result<void> writeValues(RunParts& parts, const config::RunConfig& config, const std::filesystem::path& result);

// Where the values of the model that a run starts from lie; empty: it has none, and new ones are begun.
std::filesystem::path valuesToGoOnFrom(const config::RunConfig& config);

// The head of those values into the run's heads. Errors: a head of another model.
Result<void> continueValueHead(RunParts& parts, const std::filesystem::path& values);

} // namespace luthier::train
