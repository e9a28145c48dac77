// SPDX-License-Identifier: GPL-3.0-or-later
// What a run is called: as its recipe says, or by its method and its data.
//
// Threads: any.
#pragma once

#include "core/config/run_config.h"

namespace luthier::ui {

std::string runNameOf(const config::RunConfig& config); // "LoRA 16, workshop_instructions"

} // namespace luthier::ui
