// SPDX-License-Identifier: GPL-3.0-or-later
// ReferencePass: what the reference says of every item, computed once before a run's first step and kept as
// reference.safetensors in its folder, so that a resumed run takes the same. Internal to core: names torch types.
#pragma once

#include "core/train/run_parts.h"

#include <filesystem>
#include <functional>
#include <string>

namespace luthier::train {

// Which model a run compares with: its base, and the adapter that the run went on from. Kept in checkpoints, so that a run
// is never resumed against another. Empty where the objective has no reference.
Result<std::string> referenceIdentity(const config::RunConfig& config, const ReferencePlan& plan);

// Sets Objective::referenceColumns of the training and held-out items. The weights are those before the first step.
// Errors: a file that cannot be written, "cancelled".
Result<void> computeReference(const config::RunConfig& config, const std::filesystem::path& runFolder, RunParts& parts,
                              const base::Progress& progress, const std::function<bool()>& isStopped);

} // namespace luthier::train
