// SPDX-License-Identifier: GPL-3.0-or-later
// RunRows: what a person changed in the files that a recipe names, as the project keeps it: edits and rows left out.
//
// Threads: any; they read the project.
#pragma once

#include "core/config/run_config.h"
#include "core/store/project.h"

#include <map>
#include <string>

namespace luthier::ui {

// By file, for training and held-out files alike; errors are those of the project.
Result<std::map<std::string, data::Overlay>> editsOf(store::Project& project, const config::RunConfig& config);
Result<std::map<std::string, data::Exclusions>> exclusionsOf(store::Project& project, const config::RunConfig& config);

} // namespace luthier::ui
