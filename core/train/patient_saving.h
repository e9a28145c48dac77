// SPDX-License-Identifier: GPL-3.0-or-later
// PatientSaving: saving that outlives a full disk. What cannot be saved is tried again without the oldest checkpoint; then
// the run is held where it stands, with a sentence, until there is room (or whatever else was wrong is mended) or somebody
// stops it. So no step is computed that could not be kept.
//
// Threads: the training thread.
#pragma once

#include "core/base/result.h"
#include "core/train/events.h"
#include "core/train/stop_control.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace luthier::train {

class PatientSaving {
public:
    // Both must outlive it.
    PatientSaving(std::filesystem::path runFolder, StopControl& control, RunObserver& observer)
        : m_folder(std::move(runFolder)), m_control(control), m_observer(observer)
    {
    }

    struct Work {
        std::string what;              // "the checkpoint of step 7", "the result"
        std::string standing;          // what is safe meanwhile, as a sentence
        std::uint64_t bytes = 0;       // that it writes, about
        std::int64_t step = 0;
        std::function<Result<void>()> save; // leaves no trace when it fails
    };
    // Error: why it failed last, when the run was stopped meanwhile, or was asked to stop before.
    Result<void> run(const Work& work);

private:
    bool waitForChange(const Work& work, std::chrono::milliseconds pause);

    std::filesystem::path m_folder;
    StopControl& m_control;
    RunObserver& m_observer;
};

} // namespace luthier::train
