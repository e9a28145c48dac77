// SPDX-License-Identifier: GPL-3.0-or-later
// RunGroups: what runs are put together by in a list: their model, their method, their first tag, or the sweep or shoot-out that made
// them. Another way is one row in run_groups.cpp.
//
// Threads: groupOf is pure; sweepsOf reads the project.
#pragma once

#include "core/store/project.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::store {

using Sweeps = std::map<RunId, std::string>; // by run: when its sweep was made

struct RunGrouping {
    const char* id;    // "method"
    const char* label; // English source string, context "RunGrouping"
    std::string (*of)(const RunRow& run, const Sweeps& sweeps); // empty: in none
};

std::span<const RunGrouping> runGroupings();
const RunGrouping* findRunGrouping(std::string_view id); // null: no such way

// Runs of a group behind each other, groups by name, those in none last; within a group they keep their order.
void putTogether(std::vector<RunRow>& runs, const RunGrouping& grouping, const Sweeps& sweeps);

Sweeps sweepsOf(Project& project); // of the records that can be read

} // namespace luthier::store
