// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/cli/ranks/ranked_run.h"
#include "core/cli/run_project.h"
#include "core/cli/runs/measured_start.h"
#include "core/cli/tune_run.h"
#include "core/train/checkpoint_result.h"
#include "core/train/control/fork.h"
#include "core/ranks/team.h"

#include <CLI/App.hpp>

#include <algorithm>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace resume_command {
namespace {

struct Flags {
    std::string folder;
    std::string project;
    std::string rows;
    std::int64_t step = 0;
    double rate = 0;
    std::string out;
    std::vector<std::string> settings;
    bool fork = false;
    bool atOnce = false;
    RankFlags ranks;

    bool forks() const { return fork || !out.empty(); }
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("folder", flags.folder, "Folder of a run that was stopped")
        ->required()
        ->option_text("DIR");
    app.add_option("--project", flags.project,
                   "Project that records the run; found by itself for runs inside one")
        ->option_text("DIR");
    app.add_option("--step", flags.step, "Go on from the checkpoint of this step; later ones are put aside")->option_text("N");
    app.add_option("--rate", flags.rate, "Learning rate from here on")->option_text("X");
    app.add_option("--out", flags.out, "Fork: go on in this new folder, and leave the run as it is; --project records it")->option_text("DIR");
    app.add_flag("--fork", flags.fork, "Fork: go on as another run of the project, and leave the run as it is");
    app.add_option("--set", flags.settings, "Fork: change a setting; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
    app.add_option("--rows", flags.rows, "Its rows as a person left them, without a project; a file that Luthier wrote")->option_text("FILE.json");
    app.add_flag("--at-once", flags.atOnce, kAtOnceHelp);
    addRankFlags(app, flags.ranks);
}

// Where it goes on from, as far as its folder says; what is wrong with its checkpoints is told when it goes on.
std::int64_t stepOf(const TuneRun& run)
{
    const std::vector<std::int64_t> steps = train::stepsWithCheckpoint(run.folder);
    return run.fromStep ? *run.fromStep : steps.empty() ? 0 : steps.back();
}

// A fork that the project has among its runs, called as the window calls it.
Result<TuneRun> recordedFork(const Flags& flags, const fs::path& folder, config::RunConfig config, const fs::path& in)
{
    auto project = store::Project::open(in);
    const auto from = project ? findRun(**project, folder.string()) : Result<store::RunRow>(project.error());
    const std::vector<std::int64_t> steps = train::stepsWithCheckpoint(folder);
    const std::int64_t step = flags.step > 0 || steps.empty() ? flags.step : steps.back();
    const bool isNamed = std::any_of(flags.settings.begin(), flags.settings.end(), [](const std::string& setting) { return setting.starts_with("run.name=") || setting.starts_with("name="); });
    if (!isNamed) {
        config.run.name = (from ? from->name : config.run.name) + " from step " + std::to_string(step);
    }
    auto run = project ? recordedRun(std::move(config), *project, flags.out) : Result<TuneRun>(project.error());
    if (!run) {
        return run;
    }
    const auto at = flags.step > 0 ? std::optional(flags.step) : std::nullopt;
    if (auto made = train::forkRun({folder, at}, run->config, run->folder); !made) {
        static_cast<void>((*project)->deleteRun(run->id));
        return made.error();
    }
    run->resume = true;
    return run;
}

// Another run from a checkpoint of this one.
Result<TuneRun> forked(const Flags& flags, const fs::path& folder, config::RunConfig config, Context& context)
{
    if (auto changed = applySettings(config, flags.settings); !changed) {
        return changed.error();
    }
    if (auto checked = checkRules(config); !checked) {
        return checked.error();
    }
    const fs::path project = flags.project.empty() && flags.out.empty() ? projectAround(folder) : fs::path(flags.project);
    if (project.empty() && flags.out.empty()) {
        return Error{"--fork makes another run of a project, and " + folder.string() + " lies in none; name one with --project DIR, or a folder with --out DIR"};
    }
    if (!project.empty()) {
        auto run = recordedFork(flags, folder, std::move(config), project);
        if (run) {
            context.console.note("Forked into run " + std::to_string(run->id) + ", " + run->folder.string() + ".");
        }
        return run;
    }
    auto rows = rowsLeft(flags.rows, nullptr, config.data);
    if (!rows) {
        return rows.error();
    }
    const auto step = flags.step > 0 ? std::optional(flags.step) : std::nullopt;
    if (auto made = train::forkRun({folder, step}, config, flags.out); !made) {
        return made.error();
    }
    context.console.note("Forked into " + flags.out + ".");
    return TuneRun{std::move(config), flags.out, std::move(*rows), true, nullptr, 0};
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

int goOn(const Flags& flags, Context& context)
{
    if (const auto code = launchedRanks(flags.ranks, context)) {
        return *code;
    }
    const auto refuse = [&context](const std::string& sentence) {
        const int code = context.fail(sentence);
        tellOtherRanks(sentence);
        return code;
    };
    fs::path folder = fs::path(flags.folder).lexically_normal();
    folder = folder.has_filename() ? folder : folder.parent_path();
    auto config = train::readRunFolder(folder);
    if (!config) {
        return refuse(config.message());
    }
    auto rows = rowsLeft(flags.rows, nullptr, config->data);
    if (!rows) {
        return refuse(rows.message());
    }
    if (!flags.settings.empty() && !flags.forks()) {
        context.console.error("--set changes a fork: name its folder with --out DIR, or --fork (the learning rate alone: --rate X)");
        return kWrongUsage;
    }
    auto begun = !flags.forks() ? Result<TuneRun>(TuneRun{std::move(*config), folder, std::move(*rows), true, nullptr, 0})
                                   : forked(flags, folder, std::move(*config), context);
    if (!begun) {
        return refuse(begun.message());
    }
    TuneRun run = std::move(*begun);
    if (flags.step > 0 && !flags.forks()) {
        run.fromStep = flags.step;
    }
    if (flags.rate != 0) {
        auto rated = train::rateFromHere(run.folder, run.fromStep, flags.rate);
        if (!rated) {
            return refuse(rated.message());
        }
    }
    applyGlobals(run.config, context.globals);
    auto team = joinRanks(run.config.model.device, context);
    if (!team) {
        return context.fail(team.message());
    }
    run.team = std::move(*team);
    const fs::path project = flags.forks() || !flags.rows.empty() ? fs::path() : flags.project.empty() ? projectAround(folder) : fs::path(flags.project);
    if (!project.empty()) {
        if (auto attached = attachProject(run, project); !attached) {
            if (run.team) {
                run.team->fail(attached.message());
            }
            return context.fail(attached.message());
        }
    }
    if (!flags.atOnce && !run.team) {
        auto measured = measuredStart(run.config, run.rows, stepOf(run), context);
        if (!measured) {
            return context.fail(measured.message());
        }
        run.measured = std::move(*measured);
    }
    return trainAndTell(run, context);
}

// A fork that is refused leaves no folder behind: what was copied into it is still where it came from.
int run(const Flags& flags, Context& context)
{
    std::error_code code;
    const bool isNew = !flags.out.empty() && flags.project.empty() && (!fs::exists(flags.out, code) || fs::is_empty(flags.out, code));
    const bool wasThere = isNew && fs::exists(flags.out, code);
    const int ended = goOn(flags, context);
    if (isNew && ended == kFailed && (!fs::exists(fs::path(flags.out) / "recipe.json", code) || train::isUntouchedFork(flags.out))) {
        static_cast<void>(base::removeTree(flags.out));
        if (wasThere) {
            fs::create_directory(flags.out, code);
        }
    }
    return ended;
}

} // namespace
} // namespace resume_command

Command resumeCommand()
{
    return command<resume_command::Flags>("resume", "Go on with a run that was stopped",
                          "luthier resume runs/first\nluthier resume ~/tunes/runs/3 --json\n"
                          "luthier resume runs/first --step 40 --rate 5e-5\n"
                          "luthier resume runs/first --step 40 --set run.epochs=6 --out runs/longer\n"
                          "luthier resume ~/tunes/runs/3 --step 40 --set run.epochs=6 --fork", resume_command::setup, resume_command::run);
}

} // namespace luthier::cli
