// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/trial_parts.h"

#include "core/train/ranks/ranked.h"
#include "core/train/start_point.h"

namespace luthier::train {

namespace fs = std::filesystem;

Result<TrialParts> makeTrial(const config::RunConfig& asked, const RunRows& rows, StopControl& control)
{
    TrialParts trial;
    trial.folder = std::make_unique<base::ScratchFolder>("luthier-plan");
    if (trial.folder->path().empty()) {
        return Error{"no folder for temporary files could be made in " + fs::temp_directory_path().string()};
    }
    NoObserver silence;
    auto started = startedFrom(asked);
    auto config = started ? placeStart(started->config, trial.folder->path(), control, silence) : Result<config::RunConfig>(started.error());
    if (!config) {
        return config.error();
    }
    trial.config = std::move(*config);
    auto parts = makeParts(trial.config, {trial.folder->path(), rows, false}, control, silence);
    if (!parts) {
        return parts.error();
    }
    trial.parts = std::move(*parts);
    return trial;
}

} // namespace luthier::train
