// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/trial_parts.h"

#include "core/base/files.h"
#include "core/train/start_point.h"

#include <cstdlib>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

class Silence : public RunObserver {
public:
    void onEvent(const Event&) override {}
};

} // namespace

ScratchFolder::ScratchFolder()
{
    std::string name = (fs::temp_directory_path() / "luthier-plan-XXXXXX").string();
    m_path = ::mkdtemp(name.data()) ? name : std::string();
}

ScratchFolder::~ScratchFolder()
{
    static_cast<void>(base::removeTree(m_path));
}

Result<TrialParts> makeTrial(const config::RunConfig& asked, const RunRows& rows, StopControl& control)
{
    TrialParts trial;
    trial.folder = std::make_unique<ScratchFolder>();
    if (trial.folder->path().empty()) {
        return Error{"no folder for temporary files could be made in " + fs::temp_directory_path().string()};
    }
    Silence silence;
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
