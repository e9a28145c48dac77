// SPDX-License-Identifier: GPL-3.0-or-later
// RunRows of a project: the one place where what a recipe says of its files and what a person did to them in the project
// come together. A recipe that names a format or columns is right about them; where it names none, what was chosen for the
// file in the project holds, so that a file is trained as it is shown.
//
// Threads: free functions, any thread; they read the project. Errors are the project's: what cannot be read is never taken
// for "nothing was edited, nothing left out".
#pragma once

#include "core/store/project.h"
#include "core/train/plan/run_rows.h"

#include <filesystem>

namespace luthier::store {

// `file` with path, format and columns as they were asked for.
Result<train::RunFile> runFile(Project& project, train::RunFile file);

// Without a project (null) the files as they lie there.
Result<train::RunRows> runRows(Project* project, const config::DataSettings& settings);

// The same where the run in this folder is one of the project's; of a run from elsewhere the files as they lie there.
Result<train::RunRows> runRows(Project& project, const std::filesystem::path& runFolder, const config::DataSettings& settings);

} // namespace luthier::store
