// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/run_rows.h"

#include "core/store/data_files.h"

#include <algorithm>

namespace luthier::store {

namespace {

// The project may know the file by a format that was chosen for it.
Result<std::string> formatOf(Project& project, const std::string& path)
{
    const auto sources = project.sources();
    if (!sources) {
        return sources.error();
    }
    const std::string key = dataFileKey(path);
    for (const DataSourceRow& source : *sources) {
        if (source.path == key) {
            return source.format;
        }
    }
    return std::string("auto");
}

} // namespace

Result<train::RunFile> runFile(Project& project, train::RunFile file)
{
    if (file.format == "auto" || file.format.empty()) {
        auto format = formatOf(project, file.path);
        if (!format) {
            return format.error();
        }
        file.format = std::move(*format);
    }
    if (file.columns.empty()) {
        auto columns = keptColumns(project, file.path);
        if (!columns) {
            return columns.error();
        }
        file.columns = std::move(*columns);
    }
    auto edits = project.edits(file.path);
    auto excluded = edits ? project.exclusions(file.path) : Result<data::Exclusions>(edits.error());
    auto tags = excluded ? project.tags(file.path) : Result<data::RowTags>(excluded.error());
    if (!tags) {
        return tags.error();
    }
    file.edits = std::move(*edits);
    file.excluded = std::move(*excluded);
    file.tags = std::move(*tags);
    return file;
}

Result<train::RunRows> runRows(Project* project, const config::DataSettings& settings)
{
    train::RunRows rows = train::runRows(settings);
    if (project == nullptr) {
        return rows;
    }
    for (auto* files : {&rows.train, &rows.heldOut}) {
        for (train::RunFile& file : *files) {
            auto known = runFile(*project, std::move(file));
            if (!known) {
                return known.error();
            }
            file = std::move(*known);
        }
    }
    return rows;
}

Result<train::RunRows> runRows(Project& project, const std::filesystem::path& runFolder, const config::DataSettings& settings)
{
    const auto runs = project.runs();
    if (!runs) {
        return runs.error();
    }
    std::error_code code;
    const bool isOwn = std::any_of(runs->begin(), runs->end(),
                                   [&](const RunRow& run) { return std::filesystem::equivalent(run.folder, runFolder, code); });
    return runRows(isOwn ? &project : nullptr, settings);
}

} // namespace luthier::store
