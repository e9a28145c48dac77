// SPDX-License-Identifier: GPL-3.0-or-later
// RowDirections: what a run's own rows say about where its adapters begin (peft/methods/eva.h). Found once, by passes of the frozen model over the run's
// first batches, and kept in the run's folder, so that a resumed run, its other ranks and what is made of its checkpoints have the same.
// Internal to core: names torch types.
#pragma once

#include "core/peft/methods/eva.h"
#include "core/train/run_parts.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace luthier::train {

// Writes them into the folder. `progress` counts batches, to at most 256; inputs that have not settled by then are told as a warning of the
// parts. Errors: as EvaFinder's; "cancelled". May throw what torch throws.
Result<void> findDirections(const config::RunConfig& config, const std::filesystem::path& runFolder, RunParts& parts, const base::Progress& progress,
                            const std::function<bool()>& isStopped);

bool hasDirections(const std::filesystem::path& runFolder);

// Those of the folder, where the recipe begins with any; null where it does not.
Result<std::shared_ptr<const peft::InputDirections>> keptDirections(const config::RunConfig& config, const std::filesystem::path& runFolder);

} // namespace luthier::train
