// SPDX-License-Identifier: GPL-3.0-or-later
// A run that works in other processes than this one, as whoever started it sees it: its events go where those of a run here go, and
// what is asked of it reaches it. Torch-free.
//
// On this machine the program luthier beside this one starts the ranks and ends with this process, with a checkpoint. On other
// machines the run goes on whatever happens here: its folder's remote.json says where, and resuming it follows it again, from
// where it was last heard; one that has ended there without a result goes on there.
#pragma once

#include "core/away/run_place.h"
#include "core/base/cancel.h"
#include "core/config/run_config.h"
#include "core/train/events.h"
#include "core/train/plan/run_rows.h"
#include "core/train/stop_control.h"

#include <filesystem>

namespace luthier::away {

struct AwayRun {
    config::RunConfig config;
    std::filesystem::path folder;
    train::RunRows rows;
    bool resume = false;
    RunPlace place;
    base::CancelToken leave = {}; // stop listening; a run on another machine goes on
};

// Whether the run of this folder is on another machine.
bool isFar(const std::filesystem::path& folder);

// Blocks until the run has ended, or was left. Returns what RunEnded carried, which was sent to the observer, too; of a run that was
// left a stopped one, whose sentence says where it goes on.
train::RunEnded runAway(const AwayRun& run, train::StopControl& control, train::RunObserver& observer);

} // namespace luthier::away
