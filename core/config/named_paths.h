// SPDX-License-Identifier: GPL-3.0-or-later
// NamedPaths: every file and folder that a recipe names: its model, what it starts from, a reward model, data, and what rules that reward
// answers read. What must know them all (absolute paths, bringing them to another machine) asks here.
#pragma once

#include "core/config/run_config.h"

#include <filesystem>
#include <functional>
#include <string>

namespace luthier::config {

// Those that are not empty; what `each` writes there is the recipe's from then on.
void eachPath(RunConfig& config, const std::function<void(std::string& path)>& each);

// Relative ones count from `folder`.
void makePathsAbsolute(RunConfig& config, const std::filesystem::path& folder);

} // namespace luthier::config
