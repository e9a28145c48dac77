// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/project.h"

#include "core/cli/display.h"
#include "core/store/data_files.h"

#include <CLI/App.hpp>

#include <filesystem>

namespace luthier::cli {

namespace {

Result<void> takeProject(store::Project* project, const std::string& file, const DataFlags& flags, data::OpenOptions& options)
{
    if (project || flags.project.empty()) {
        return project ? takeFromProject(*project, file, options) : Result<void>();
    }
    auto opened = openProject(flags, false);
    return opened ? takeFromProject(**opened, file, options) : opened.error();
}

} // namespace

Result<std::shared_ptr<data::Dataset>> openData(const std::string& file, const DataFlags& flags, Context& context,
                                                store::Project* project)
{
    data::OpenOptions options;
    options.format = flags.format;
    options.columns = flags.columns;
    options.cancel = context.cancel;
    options.progress = [&](std::int64_t done, std::int64_t total) {
        context.console.progress(file + ": " + byteSize(static_cast<double>(done))
                                 + (total ? " of " + byteSize(static_cast<double>(total)) : ""));
    };
    if (auto taken = takeProject(project, file, flags, options); !taken) {
        return taken.error();
    }
    auto dataset = data::Dataset::open(file, std::move(options));
    if (dataset) {
        for (const auto& note : (*dataset)->notes()) {
            context.console.note(file + ": " + note);
        }
    }
    return dataset;
}

void addProject(CLI::App& app, DataFlags& flags)
{
    app.add_option("--project", flags.project, "Project folder, whose window shows and undoes the same")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
}

Result<std::shared_ptr<store::Project>> openProject(const DataFlags& flags, bool isWriting)
{
    if (flags.project.empty()) {
        return Error{"say which project: --project DIR, or LUTHIER_PROJECT"};
    }
    std::error_code code;
    if (!isWriting && !std::filesystem::exists(std::filesystem::path(flags.project) / "luthier.db", code)) {
        return Error{flags.project + ": no project lies there; an edit, or luthier tune RECIPE.json --project DIR, makes one"};
    }
    return store::Project::open(flags.project, !isWriting);
}

Result<void> takeFromProject(store::Project& project, const std::string& file, data::OpenOptions& options)
{
    auto edits = project.edits(file);
    auto excluded = edits ? project.exclusions(file) : Result<data::Exclusions>(edits.error());
    auto sources = excluded ? project.sources() : Result<std::vector<store::DataSourceRow>>(excluded.error());
    if (!sources) {
        return sources.error();
    }
    for (const store::DataSourceRow& source : *sources) {
        if (options.format == "auto" && source.path == store::dataFileKey(file)) {
            options.format = source.format;
        }
    }
    if (options.columns.empty()) {
        options.columns = store::keptColumns(project, file);
    }
    options.overlay = std::move(*edits);
    options.excluded = std::move(*excluded);
    return {};
}

Result<ProjectData> openProjectData(const DataFlags& flags, Context& context, bool isWriting)
{
    if (flags.files.size() != 1) {
        return Error{"edits are of one file at a time; " + std::to_string(flags.files.size()) + " were given"};
    }
    auto project = openProject(flags, isWriting);
    auto dataset = project ? openData(flags.files[0], flags, context, project->get()) : Result<std::shared_ptr<data::Dataset>>(project.error());
    auto tags = dataset ? (*project)->tags(flags.files[0]) : Result<store::RowTags>(dataset.error());
    if (!tags) {
        return tags.error();
    }
    return ProjectData{std::move(*project), std::move(*dataset), std::move(*tags), store::dataFileKey(flags.files[0])};
}

Result<void> record(const ProjectData& data, store::EditStep step, const std::string& text, const DataFlags& flags)
{
    if (step.isEmpty()) {
        return {};
    }
    auto source = data.project->addSource(data.path, flags.format);
    auto kept = source && !flags.columns.empty() ? store::keepColumns(*data.project, data.path, flags.columns) : Result<void>();
    if (!source || !kept) {
        return source ? kept : source.error();
    }
    step.path = data.path;
    step.text = text;
    auto id = data.project->recordStep(step);
    return id ? Result<void>() : id.error();
}

} // namespace luthier::cli
