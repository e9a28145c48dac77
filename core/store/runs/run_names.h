// SPDX-License-Identifier: GPL-3.0-or-later
// What a run is called: as its recipe says, or by its method and its data; another run of that name is told apart.
//
// Threads: any.
#pragma once

#include "core/config/run_config.h"
#include "core/store/project.h"

#include <string>

namespace luthier::store {

std::string runNameOf(const config::RunConfig& config); // "LoRA 16, workshop_instructions"

// The same where no other run of the project has it; else with what is different this time, or with a number. Asks the project.
std::string ownRunName(Project& project, const config::RunConfig& config);

} // namespace luthier::store
