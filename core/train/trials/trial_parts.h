// SPDX-License-Identifier: GPL-3.0-or-later
// TrialParts: the parts of a run that is only tried: made as the run's are, in a folder that goes with them. Internal to core:
// names torch types.
#pragma once

#include "core/base/scratch_folder.h"
#include "core/train/run_parts.h"

#include <memory>

namespace luthier::train {

struct TrialParts {
    std::unique_ptr<base::ScratchFolder> folder; // outlives the parts
    config::RunConfig config;                    // as it trains
    std::unique_ptr<RunParts> parts;
};

// Errors: those that the run would begin with; "cancelled".
Result<TrialParts> makeTrial(const config::RunConfig& asked, const RunRows& rows, StopControl& control);

} // namespace luthier::train
