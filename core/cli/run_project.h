// SPDX-License-Identifier: GPL-3.0-or-later
// RunProject: the project that a command or a run's folder names, and a run's rows as they were left there.
#pragma once

#include "core/cli/command.h"
#include "core/config/run_config.h"
#include "core/store/run_rows.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace luthier::cli {

// <project>/runs/<id>: the project whose run this is; empty: none.
std::filesystem::path projectAround(const std::filesystem::path& runFolder);

// To look, not to write. Null where `folder` is empty. Error: no project lies there.
Result<std::shared_ptr<store::Project>> lookInto(const std::filesystem::path& folder);

enum class ProjectUse { Look, Write, Make }; // Make: one is made where none lies

// The work of `luthier COMMAND` in the project of its --project; gives the exit code. Where none is named, none lies there or it cannot be
// opened, that is said instead.
int inProject(const std::string& folder, ProjectUse use, std::string_view command, Context& context,
              const std::function<int(std::shared_ptr<store::Project>)>& work);

// Of a run's configuration, by the project named or, where `project` is empty, by the one around the run's folder.
Result<train::RunRows> rowsOfRun(const std::filesystem::path& runFolder, const config::RunConfig& config, const std::string& project);

// By id, by name where only one run has it, or by the run's folder or one in it. Error: none has, or several.
Result<store::RunRow> findRun(store::Project& project, const std::string& word);

} // namespace luthier::cli
