// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/ranked_run.h"
#include "core/cli/run_project.h"
#include "core/cli/tune_run.h"
#include "core/ranks/team.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

struct Flags {
    std::string folder;
    std::string project;
    RankFlags ranks;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("folder", flags.folder, "Folder of a run that was stopped")
        ->required()
        ->option_text("DIR");
    app.add_option("--project", flags.project,
                   "Project that records the run; found by itself for runs inside one")
        ->option_text("DIR");
    addRankFlags(app, flags.ranks);
}

Result<void> attachProject(TuneRun& run, const fs::path& folder)
{
    auto project = store::Project::open(folder);
    if (!project) {
        return project.error();
    }
    auto rows = (*project)->runs();
    if (!rows) {
        return rows.error();
    }
    std::error_code code;
    for (const auto& row : *rows) {
        if (fs::equivalent(row.folder, run.folder, code)) {
            auto left = store::runRows(project->get(), run.config.data);
            if (!left) {
                return left.error();
            }
            run.rows = std::move(*left);
            if (!run.leads()) { // rank 0 records
                return {};
            }
            run.project = *project;
            run.id = row.id;
            return run.project->markRunning(run.id);
        }
    }
    return Error{folder.string() + ": no run of this project lies in " + run.folder.string()};
}

int run(const Flags& flags, Context& context)
{
    if (const auto code = launchedRanks(flags.ranks, context)) {
        return *code;
    }
    fs::path folder = fs::path(flags.folder).lexically_normal();
    folder = folder.has_filename() ? folder : folder.parent_path();
    auto config = train::readRunFolder(folder);
    if (!config) {
        return context.fail(config.message());
    }
    auto rows = train::runRows(config->data);
    TuneRun run{std::move(*config), folder, std::move(rows), true, nullptr, 0};
    if (!context.globals.device.empty()) {
        run.config.model.device = context.globals.device;
    }
    if (context.globals.threads > 0) {
        run.config.run.threads = context.globals.threads;
    }
    auto team = joinRanks(run.config, context);
    if (!team) {
        return context.fail(team.message());
    }
    run.team = std::move(*team);
    const fs::path project = flags.project.empty() ? projectAround(folder) : fs::path(flags.project);
    if (!project.empty()) {
        if (auto attached = attachProject(run, project); !attached) {
            if (run.team) {
                run.team->fail(attached.message());
            }
            return context.fail(attached.message());
        }
    }
    return trainAndTell(run, context);
}

} // namespace

Command resumeCommand()
{
    return command<Flags>("resume", "Go on with a run that was stopped",
                          "luthier resume runs/first\nluthier resume ~/tunes/runs/3 --json", setup, run);
}

} // namespace luthier::cli
