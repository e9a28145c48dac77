// SPDX-License-Identifier: GPL-3.0-or-later
// DataProject: a data file as a project knows it: with the edits, left-out rows and tags that the window shows, and
// the one history of steps that both undo. Torch-free.
//
// Threads: the main thread.
#pragma once

#include "core/cli/data/files.h"
#include "core/store/project.h"

#include <memory>
#include <string>

namespace luthier::cli {

struct ProjectData {
    std::shared_ptr<store::Project> project;
    std::shared_ptr<data::Dataset> dataset;
    store::RowTags tags;
    std::string path; // as the project knows the file
};

// --project or LUTHIER_PROJECT.
void addProject(CLI::App& app, DataFlags& flags);

// For `isWriting` a project is made where there is none. Errors: no project was named or lies there, another Luthier has it open.
Result<std::shared_ptr<store::Project>> openProject(const DataFlags& flags, bool isWriting);

// The one file of the flags, opened with all that the project knows of it.
Result<ProjectData> openProjectData(const DataFlags& flags, Context& context, bool isWriting);

// Recorded as the window does it, the file being a source of the project from then on. An empty step does nothing.
Result<void> record(const ProjectData& data, store::EditStep step, const std::string& text, const DataFlags& flags);

} // namespace luthier::cli
