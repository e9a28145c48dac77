// SPDX-License-Identifier: GPL-3.0-or-later
// NextRecipe: the recipe of the run to come, as the project keeps it from one sitting to the next.
//
// Threads: any; reads and writes the project's database.
#pragma once

#include "core/config/run_config.h"
#include "core/store/project.h"

#include <optional>

namespace luthier::store {

Result<std::optional<config::RunConfig>> nextRecipe(Project& project); // nullopt: none is kept. Errors: the project's, the recipe's
Result<void> keepNextRecipe(Project& project, const config::RunConfig& recipe);

} // namespace luthier::store
