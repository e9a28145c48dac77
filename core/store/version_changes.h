// SPDX-License-Identifier: GPL-3.0-or-later
// VersionChanges: the rows in which two versions of a data file differ, and the step that brings some of them back.
//
// Threads: free functions, any thread.
#pragma once

#include "core/store/edit_step.h"

#include <optional>
#include <vector>

namespace luthier::store {

std::optional<Json> editIn(const Snapshot& snapshot, std::int64_t row); // nullopt: the row as the file has it

// By the row; before: in `from`, after: in `to`. A row that is only left out in one of them has twice the same.
std::vector<RowChange> versionChanges(const Snapshot& from, const Snapshot& to);

// Makes these rows what they are in `wanted`, seen from `now`.
EditStep stepTowards(const std::vector<RowChange>& rows, const Snapshot& wanted, const Snapshot& now);

} // namespace luthier::store
