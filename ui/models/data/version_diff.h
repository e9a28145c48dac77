// SPDX-License-Identifier: GPL-3.0-or-later
// versionDiff: the rows in which two versions of a data file differ, as a table shows them.
//
// Threads: any; meant for a job.
#pragma once

#include "core/store/edit_step.h"
#include "ui/models/data/replace_model.h"

namespace luthier::ui {

// before: the row in `from`, after: in `to`, both as JSON with a mark where the row is left out.
std::vector<Replacement> versionDiff(const data::Dataset& dataset, const store::Snapshot& from, const store::Snapshot& to);

} // namespace luthier::ui
