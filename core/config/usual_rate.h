// SPDX-License-Identifier: GPL-3.0-or-later
// UsualRate: the learning rate that a run usually has, by its method and its objective.
#pragma once

#include "core/config/run_config.h"

#include <string>

namespace luthier::config {

// The method's usual rate times the objective's share of it. Of what the recipe names and there is not: of none of them.
double usualRate(const std::string& method, const std::string& objective);

// What stands beside the setting: "usually 1e-05 for lora with dpo", and how far off the recipe is where it is more than ten times.
std::string rateNote(const RunConfig& config);

} // namespace luthier::config
