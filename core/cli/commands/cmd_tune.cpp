// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/ranks/ranked_run.h"
#include "core/cli/run_project.h"
#include "core/cli/runs/measured_start.h"
#include "core/cli/tune_run.h"
#include "core/ranks/team.h"
#include "core/train/start_point.h"

#include <CLI/App.hpp>

#include <filesystem>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace tune_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string out;
    std::string project;
    std::string rows;
    std::string tensorBoard;
    std::string jsonLines;
    bool atOnce = false;
    RankFlags ranks;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("recipe", flags.recipe, "Recipe file (luthier recipe --example lora prints one)")
        ->required()
        ->option_text("RECIPE.json");
    app.add_option("--set", flags.settings, "Change a setting of the recipe; may be repeated")
        ->allow_extra_args(false)
        ->option_text("KEY=VALUE");
    app.add_option("--out", flags.out, "Folder for checkpoints and the result; new or empty")
        ->option_text("DIR");
    app.add_option("--project", flags.project, "Record the run in this project folder")->option_text("DIR");
    app.add_option("--tensorboard", flags.tensorBoard, "Write what is measured into this folder, too, as TensorBoard reads it")->option_text("DIR");
    app.add_option("--jsonl", flags.jsonLines, "Append every event to this file, too, one object a line")->option_text("FILE");
    app.add_option("--rows", flags.rows, "The recipe's rows as a person left them: edits, left-out rows, tags; a file that Luthier wrote")->option_text("FILE.json");
    app.add_flag("--at-once", flags.atOnce, kAtOnceHelp);
    addRankFlags(app, flags.ranks);
}

// Before anything is made or recorded.
Result<Json> measureFirst(const config::RunConfig& config, const Flags& flags, bool isRank, Context& context)
{
    if (flags.atOnce || isRank) {
        return Json();
    }
    std::error_code code; // a project that the run will make has left no rows otherwise
    auto project = lookInto(fs::exists(fs::path(flags.project) / "luthier.db", code) ? flags.project : std::string());
    const auto rows = project ? rowsLeft(flags.rows, project->get(), config.data) : Result<train::RunRows>(project.error());
    if (!rows) {
        return rows.error();
    }
    project = std::shared_ptr<store::Project>(); // the run opens it to write
    return measuredStart(config, *rows, 0, context);
}

// The run with the rows that were left for it, in the project where there is one.
Result<TuneRun> placed(config::RunConfig config, const Flags& flags, const std::shared_ptr<ranks::Team>& team)
{
    if (flags.project.empty()) {
        auto rows = rowsLeft(flags.rows, nullptr, config.data);
        if (!rows) {
            return rows.error();
        }
        return TuneRun{std::move(config), flags.out, std::move(*rows), false, nullptr, 0};
    }
    auto project = store::Project::open(flags.project);
    if (project && team && !team->leads()) { // rank 0 records
        auto rows = store::runRows(project->get(), config.data);
        return rows ? Result<TuneRun>(TuneRun{std::move(config), flags.out, std::move(*rows), false, nullptr, 0}) : Result<TuneRun>(rows.error());
    }
    return project ? recordedRun(std::move(config), *project, flags.out) : Result<TuneRun>(project.error());
}

// `joins`: whether this process came so far that it met other ranks, or tried to.
Result<TuneRun> prepare(const Flags& flags, Context& context, std::shared_ptr<ranks::Team>& team, bool& joins)
{
    auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    if (!config) {
        return config.error();
    }
    joins = true;
    auto joined = joinRanks(config->model.device, context);
    if (!joined) {
        return joined.error();
    }
    team = std::move(*joined);
    if (auto checked = checkRules(*config); !checked) {
        return checked.error();
    }
    auto started = train::startedFrom(std::move(*config));
    if (!started) {
        return started.error();
    }
    for (const std::string& sentence : started->said) {
        context.console.warning(sentence);
    }
    config = std::move(started->config);
    auto measured = measureFirst(*config, flags, team != nullptr, context);
    if (!measured) {
        return measured.error();
    }
    auto run = placed(std::move(*config), flags, team);
    if (run) {
        run->measured = std::move(*measured);
    }
    return run;
}

int run(const Flags& flags, Context& context)
{
    if (flags.out.empty() && flags.project.empty()) {
        context.console.error(
            "say where the run goes: --out DIR, or --project DIR (see luthier tune --help)");
        return kWrongUsage;
    }
    if (!flags.rows.empty() && !flags.project.empty()) {
        context.console.error("--rows and --project both say how the rows were left; leave one away");
        return kWrongUsage;
    }
    if (const auto code = launchedRanks(flags.ranks, context)) {
        return *code;
    }
    std::shared_ptr<ranks::Team> team;
    bool joins = false;
    auto prepared = prepare(flags, context, team, joins);
    if (!prepared) {
        const int code = context.fail(prepared.message());
        if (team) {
            team->fail(prepared.message());
        } else if (!joins) {
            tellOtherRanks(prepared.message());
        }
        return code;
    }
    prepared->team = std::move(team);
    prepared->tensorBoard = flags.tensorBoard;
    prepared->jsonLines = flags.jsonLines;
    return trainAndTell(*prepared, context);
}

} // namespace
} // namespace tune_command

Command tuneCommand()
{
    return command<tune_command::Flags>(
        "tune", "Train by a recipe",
        "luthier tune recipe.json --out runs/first\n"
        "luthier tune recipe.json --set learning_rate=1e-3 --set epochs=2 --out runs/second\n"
        "luthier tune recipe.json --project ~/tunes --json > events.jsonl\n"
        "luthier tune recipe.json --devices all --out runs/first",
        tune_command::setup, tune_command::run);
}

} // namespace luthier::cli
