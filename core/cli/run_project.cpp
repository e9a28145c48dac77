// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/run_project.h"

#include "core/base/files.h"

#include <charconv>
#include <optional>
#include <utility>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDatabase = "luthier.db";

// Whose folder it is, or holds it: the folder of a run's adapter says which run is meant, too.
std::optional<store::RunRow> runIn(const std::vector<store::RunRow>& rows, const fs::path& folder)
{
    std::error_code code;
    const fs::path wanted = fs::weakly_canonical(fs::absolute(folder, code), code);
    for (const store::RunRow& row : rows) {
        const fs::path its = fs::weakly_canonical(row.folder, code);
        if (wanted == its || base::isInside(wanted, its)) {
            return row;
        }
    }
    return std::nullopt;
}

Result<std::shared_ptr<store::Project>> openThere(const fs::path& folder, bool isReadOnly)
{
    std::error_code code;
    if (!fs::exists(folder / kDatabase, code)) {
        return Error{folder.string() + ": no project lies there; an edit, or luthier tune RECIPE.json --project DIR, makes one"};
    }
    return store::Project::open(folder, isReadOnly);
}

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
    return folder.empty() ? std::shared_ptr<store::Project>() : openThere(folder, true);
}

int inProject(const std::string& folder, ProjectUse use, std::string_view command, Context& context,
              const std::function<int(std::shared_ptr<store::Project>)>& work)
{
    if (folder.empty()) {
        context.console.error("say which project: --project DIR, or LUTHIER_PROJECT (see luthier " + std::string(command) + " --help)");
        return kWrongUsage;
    }
    auto project = use == ProjectUse::Make ? store::Project::open(folder) : openThere(folder, use == ProjectUse::Look);
    return project ? work(std::move(*project)) : context.fail(project.message());
}

Result<train::RunRows> rowsOfRun(const fs::path& runFolder, const config::RunConfig& config, const std::string& project)
{
    const auto opened = lookInto(project.empty() ? projectAround(runFolder) : fs::path(project));
    return opened ? store::runRows(opened->get(), config.data) : Result<train::RunRows>(opened.error());
}

Result<store::RunRow> findRun(store::Project& project, const std::string& word)
{
    store::RunId id = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), id);
    if (parsed.ec == std::errc() && parsed.ptr == word.data() + word.size()) {
        return project.run(id);
    }
    auto rows = project.runs();
    if (!rows) {
        return rows.error();
    }
    std::optional<store::RunRow> found;
    for (const auto& row : *rows) {
        if (row.name == word && found) {
            return Error{"several runs are called \"" + word + "\"; give the number"};
        }
        if (row.name == word) {
            found = row;
        }
    }
    if (std::error_code code; !found && fs::is_directory(word, code)) {
        found = runIn(*rows, word);
        if (!found) {
            return Error{word + ": no run of " + project.folder().string() + " lies there; see luthier runs list"};
        }
    }
    if (!found) {
        return Error{"no run is called \"" + word + "\"; see luthier runs list"};
    }
    return *found;
}

} // namespace luthier::cli
