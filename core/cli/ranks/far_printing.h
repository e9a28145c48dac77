// SPDX-License-Identifier: GPL-3.0-or-later
// A run on another machine as it is shown here: its events go where those of a run on this machine go.
#pragma once

#include "core/cli/command.h"
#include "core/remote/far_run.h"

#include <filesystem>
#include <string>

namespace luthier::cli {

// Follows the run of `out` to its end, records it in the project where one is named, and gives the exit code. Ctrl-C leaves it
// running.
int followAndTell(const std::filesystem::path& out, const std::string& project, Context& context);

} // namespace luthier::cli
