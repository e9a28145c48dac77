// SPDX-License-Identifier: GPL-3.0-or-later
// ShootoutRecord: a shoot-out as the project remembers it: the recipe, and for each method the run that tried it. What was
// measured is not kept twice: it is read from the runs' events.
//
// Threads: any; everything here touches disks. Saving is for one thread at a time.
#pragma once

#include "core/store/project.h"
#include "core/train/trials/shootout.h"

#include <string>
#include <vector>

namespace luthier::store {

inline constexpr const char* kShootoutsKey = "shootouts"; // value of the project: an array, newest first

struct ShootoutEntry {
    std::string method; // id
    RunId run = 0;      // 0: not begun
    bool isCancelled = false;
    std::string sentence; // why it could not begin
};

struct ShootoutRecord {
    std::string created; // ISO 8601, UTC: the record's name
    Json recipe;
    std::vector<ShootoutEntry> entries; // in the order of the queue
};

// A record of this moment in which nothing has begun; not saved yet.
ShootoutRecord newShootout(Json recipe, const std::vector<std::string>& methods);

// Newest first. Records of a shape that is not known are left out.
Result<std::vector<ShootoutRecord>> shootouts(Project& project);

// Adds the record, or replaces the one that was created at the same time.
Result<void> saveShootout(Project& project, const ShootoutRecord& record);
Result<void> deleteShootout(Project& project, const std::string& created); // its runs stay

// What a run measured, from its events. Error: there is no such run any more.
struct MeasuredRun {
    train::ShootoutRow row;
    RunRow run;
};
Result<MeasuredRun> measuredRun(Project& project, RunId run);

} // namespace luthier::store
