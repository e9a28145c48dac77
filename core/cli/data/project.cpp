// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/project.h"

#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/data/asked_columns.h"
#include "core/store/data_files.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace {

// With what the project knows of the file: the one given, else that of --project.
Result<train::RunFile> fileOf(store::Project* project, const std::string& path, const DataFlags& flags)
{
    train::RunFile file{path, flags.format, flags.columns};
    if (project || flags.project.empty()) {
        return project ? store::runFile(*project, std::move(file)) : Result<train::RunFile>(std::move(file));
    }
    auto opened = openProject(flags, false);
    return opened ? store::runFile(**opened, std::move(file)) : Result<train::RunFile>(opened.error());
}

} // namespace

Result<std::shared_ptr<data::Dataset>> openData(const std::string& file, const DataFlags& flags, Context& context,
                                                store::Project* project)
{
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        context.console.progress(file + ": " + byteSize(static_cast<double>(done))
                                 + (total ? " of " + byteSize(static_cast<double>(total)) : ""));
    };
    const auto known = fileOf(project, file, flags);
    auto dataset = known ? known->open(progress, context.cancel) : Result<std::shared_ptr<data::Dataset>>(known.error());
    if (dataset) {
        for (const auto& note : (*dataset)->notes()) {
            context.console.warning(file + ": " + note);
        }
        if (const std::string missing = data::askedColumnsProblem(**dataset, context.cancel); !missing.empty()) {
            if (flags.files.size() == 1 && flags.files.front() == file) {
                return Error{file + ": " + missing};
            }
            context.console.warning(oneLine(file + ": " + missing)); // another of the files may have it
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
    return isWriting ? store::Project::open(flags.project) : lookInto(flags.project);
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
