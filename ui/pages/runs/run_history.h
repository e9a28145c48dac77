// SPDX-License-Identifier: GPL-3.0-or-later
// RunHistory: what a run has said so far, sorted by kind: from the store, from the bridge, or one after the other.
//
// Threads: a value.
#pragma once

#include "core/doctor/finding.h"
#include "core/store/project.h"
#include "core/train/events.h"

#include <vector>

namespace luthier::ui {

struct RunHistory {
    std::vector<train::StepDone> steps;
    std::vector<train::EvalDone> evals;
    std::vector<train::SampleDone> samples;
    std::vector<train::Warning> warnings;
    std::int64_t totalSteps = 0;
    std::vector<doctor::Finding> findings = {}; // of the run doctor, in what was recorded

    void take(train::Event event);
    // What `live` has beyond this; the store is some moments behind the bridge.
    void continueWith(const RunHistory& live);
};

// For a job. `told`: warnings that the run has given by now, in the store or not yet; the findings know of them.
Result<RunHistory> readHistory(store::Project& project, store::RunId id, const std::vector<train::Warning>& told = {});

} // namespace luthier::ui
