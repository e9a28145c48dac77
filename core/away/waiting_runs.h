// SPDX-License-Identifier: GPL-3.0-or-later
// WaitingRuns: recipes that wait for their turn, in order: one list, which the project keeps and window and command line share. A
// recipe that has become a run stays the first of the list until that run has ended, so that whoever was killed meanwhile finds
// what to go on with. Torch-free.
//
// Threads: any; reads and writes the project's database. Who trains takes turns in one thread.
#pragma once

#include "core/away/run_place.h"
#include "core/config/run_config.h"
#include "core/store/project.h"

#include <string>
#include <vector>

namespace luthier::away {

struct WaitingRun {
    config::RunConfig config;
    RunPlace place = {};
    store::RunId run = 0; // that it has become; 0: it still waits

    std::string name() const; // of the run that it will be
};

Json toJson(const WaitingRun& one);
Result<WaitingRun> waitingRunFrom(const Json& json); // Error: what it lacks

Result<std::vector<WaitingRun>> waitingRuns(store::Project& project); // Errors: the project's; an entry that cannot be read, by its place
Result<void> keepWaitingRuns(store::Project& project, const std::vector<WaitingRun>& waiting);

enum class Turn {
    Begin, // it has no run yet
    GoOn,  // its run was interrupted, stopped or parked
    Past,  // its run has ended, or was deleted: it is no longer of the queue
};
Result<Turn> turnOf(store::Project& project, const WaitingRun& first);

// Where a run works is remembered with the project, so that it goes on there. This process: nothing is kept.
Result<void> keepPlace(store::Project& project, store::RunId run, const RunPlace& place);
Result<RunPlace> placeOf(store::Project& project, store::RunId run);

} // namespace luthier::away
