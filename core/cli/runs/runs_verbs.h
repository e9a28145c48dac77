// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs of `luthier runs`: one row each in commands/cmd_runs.cpp.
#pragma once

#include "core/cli/command.h"
#include "core/store/project.h"

#include <memory>
#include <string>
#include <vector>

namespace luthier::cli {

struct RunsVerb;

struct RunsFlags {
    std::string project;
    std::vector<std::string> arguments;
    std::string search; // list: words of name, notes, tags or recipe
    std::string tag;
    std::string state;
    std::string group;                // list: a way of putting runs together (store/runs/run_groups.h)
    std::vector<std::string> columns; // list: settings beside the usual columns
    std::string out;
    std::string lines;
    bool checkpoints = false;
    double rate = 0;                  // hold: learning rate to go on with
    std::vector<std::string> prompts; // hold: to try on the weights as they are
    const RunsVerb* verb = nullptr;
};

using ProjectPointer = std::shared_ptr<store::Project>;

struct RunsVerb {
    const char* name;
    const char* summary;
    int arguments;          // runs (and a new name) that it takes; negative: so many at least
    const char* argumentText;
    bool writes;
    int (*run)(const RunsFlags&, ProjectPointer, Context&);
};

int noteRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int tagRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int listTrash(const RunsFlags& flags, ProjectPointer project, Context& context);
int restoreRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int recipeOfRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int sheetOfRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int exportRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int importRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int logsOfRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int checkpointsOfRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int diffRuns(const RunsFlags& flags, ProjectPointer project, Context& context);
int holdRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int goOnWithRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int parkRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int stopRun(const RunsFlags& flags, ProjectPointer project, Context& context);
int keepRun(const RunsFlags& flags, ProjectPointer project, Context& context);

// Of `list`.
bool isWanted(const store::RunRow& row, const RunsFlags& flags);

} // namespace luthier::cli
