// SPDX-License-Identifier: GPL-3.0-or-later
// Recorder: the observer that writes a run's events into the project, in batches (about one transaction a
// second, at once for checkpoints and the end), on a thread of its own so that training never waits for a disk.
// StageChanged is left out: it only matters while it lasts.
// A failed write is kept, tried again with the next batch, and told through `onProblem` (any thread).
#pragma once

#include "core/store/project.h"

#include <functional>
#include <memory>

namespace luthier::store {

class Recorder : public train::RunObserver {
public:
    Recorder(std::shared_ptr<Project> project, RunId run, std::function<void(std::string)> onProblem = {});
    ~Recorder() override; // writes what is left

    void onEvent(const train::Event& event) override;
    void settle() override; // waits for one transaction; what the disk refuses then is tried again later

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace luthier::store
