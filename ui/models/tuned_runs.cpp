// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/tuned_runs.h"

#include "core/config/run_config.h"
#include "core/data/split.h"

#include <QFileInfo>

#include <filesystem>

namespace luthier::ui {
namespace {

namespace fs = std::filesystem;

bool isAdapterFolder(const fs::path& folder)
{
    std::error_code code;
    return fs::is_regular_file(folder / "adapter_config.json", code);
}

bool isModelFolder(const fs::path& folder)
{
    std::error_code code;
    return fs::is_regular_file(folder / "config.json", code);
}

std::string textAt(const Json& recipe, const char* part, const char* key)
{
    if (!recipe.is_object() || !recipe.contains(part) || !recipe[part].is_object() || !recipe[part].contains(key)) {
        return {};
    }
    return recipe[part][key].is_string() ? recipe[part][key].get<std::string>() : std::string();
}

} // namespace

TunedRuns readTunedRuns(store::Project& project)
{
    TunedRuns read;
    const Result<std::vector<store::RunRow>> rows = project.runs();
    if (!rows) {
        read.problem = QString::fromStdString(rows.message());
        return read;
    }
    for (const store::RunRow& row : *rows) {
        const bool isAdapter = isAdapterFolder(row.result);
        if (row.result.empty() || (!isAdapter && !isModelFolder(row.result))) {
            continue; // no result, or its folder is gone
        }
        TunedRun run{row.id, QString::fromStdString(row.name), QString::fromStdString(textAt(row.recipe, "model", "path")),
                     QString::fromStdString(row.result), isAdapter, row.recipe};
        if (run.name.isEmpty()) {
            run.name = QStringLiteral("#%1").arg(row.id);
        }
        read.runs.push_back(std::move(run));
    }
    return read;
}

Result<TunedRun> readTunedFolder(const QString& folder)
{
    const fs::path path = folder.toStdString();
    const bool isAdapter = isAdapterFolder(path);
    if (!isAdapter && !isModelFolder(path)) {
        return Error{path.string() + ": neither an adapter (adapter_config.json) nor a model (config.json) lies here; "
                                     "choose the folder that holds one of them"};
    }
    return TunedRun{0, QFileInfo(folder).fileName(), {}, folder, isAdapter, {}};
}

