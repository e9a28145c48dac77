// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/run_project.h"

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDatabase = "luthier.db";

} // namespace

fs::path projectAround(const fs::path& runFolder)
{
    std::error_code code;
    const fs::path whole = fs::absolute(runFolder, code).lexically_normal();
    const fs::path run = whole.has_filename() ? whole : whole.parent_path();
    const fs::path project = run.parent_path().parent_path();
    return fs::exists(project / kDatabase, code) ? project : fs::path();
}

Result<std::shared_ptr<store::Project>> lookInto(const fs::path& folder)
{
    std::error_code code;
    if (folder.empty()) {
        return std::shared_ptr<store::Project>();
    }
    if (!fs::exists(folder / kDatabase, code)) {
        return Error{folder.string() + ": no project lies there; an edit, or luthier tune RECIPE.json --project DIR, makes one"};
    }
    return store::Project::open(folder, true);
}

Result<train::RunRows> rowsOfRun(const fs::path& runFolder, const config::RunConfig& config, const std::string& project)
{
    const auto opened = lookInto(project.empty() ? projectAround(runFolder) : fs::path(project));
    return opened ? store::runRows(opened->get(), config.data) : Result<train::RunRows>(opened.error());
}

} // namespace luthier::cli
