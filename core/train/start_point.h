// SPDX-License-Identifier: GPL-3.0-or-later
// StartPoint: a run that starts from an adapter (model.adapter) and not from the base alone. Either the adapter's own
// weights are trained on, with the settings it was made with, or it is folded into the base first (model.adapter_merge) and
// the run stands on the merged model. Torch-free.
//
// In the run's folder: start/ is a copy of the adapter, so that the run can go on when the adapter is gone; base/ is the
// merged model, which the result stands on; origin.json says where both came from (peft/folders/origin.h).
// Threads: any; everything here touches disks.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/peft/folders/origin.h"
#include "core/train/events.h"
#include "core/train/stop_control.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::train {

inline constexpr const char* kStartFolder = "start";

// The adapter that `path` means: an adapter itself, or a run's result. Errors: a run without a result, one that trained all
// weights (its model is a base of its own), no adapter.
Result<std::filesystem::path> adapterAt(const std::filesystem::path& path);

struct Started {
    config::RunConfig config;      // with the adapter's place and, where it is trained on, its settings
    std::vector<std::string> said; // what was taken from the adapter, as sentences
};
// Before a run begins, is planned or is recorded. A setting that is neither the usual one nor the adapter's is an error that
// names both, since the adapter's shapes cannot follow it; dropout is the recipe's to change. Also refused: an adapter of
// another base, a method that opens no such adapter, and what plan/recipe_files.h refuses. Without an adapter the recipe is given back as
// it is.
Result<Started> startedFrom(config::RunConfig config);

// Writes start/, base/ and origin.json where they are missing, and gives the recipe that the run is made from: its base is
// base/ after a merge, its adapter start/. "cancelled" when the control asked to stop.
Result<config::RunConfig> placeStart(config::RunConfig config, const std::filesystem::path& folder, StopControl& control,
                                     RunObserver& observer);

} // namespace luthier::train
