// SPDX-License-Identifier: GPL-3.0-or-later
// RunProject: the project that a run's folder belongs to, and a run's rows as they were left there.
#pragma once

#include "core/config/run_config.h"
#include "core/store/run_rows.h"

#include <filesystem>
#include <memory>
#include <string>

namespace luthier::cli {

// <project>/runs/<id>: the project whose run this is; empty: none.
std::filesystem::path projectAround(const std::filesystem::path& runFolder);

// To look, not to write. Null where `folder` is empty. Error: no project lies there.
Result<std::shared_ptr<store::Project>> lookInto(const std::filesystem::path& folder);

// Of a run's configuration, by the project named or, where `project` is empty, by the one around the run's folder.
Result<train::RunRows> rowsOfRun(const std::filesystem::path& runFolder, const config::RunConfig& config, const std::string& project);

// By id, by name where only one run has it, or by the run's folder or one in it. Error: none has, or several.
Result<store::RunRow> findRun(store::Project& project, const std::string& word);

} // namespace luthier::cli
