// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"
#include "core/train/run_plan.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string project;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("recipe", flags.recipe, "Recipe file")->required()->option_text("RECIPE.json");
    app.add_option("--set", flags.settings, "Change a setting of the recipe; may be repeated")
        ->allow_extra_args(false)
        ->option_text("KEY=VALUE");
    app.add_option("--project", flags.project, "With the edits and left-out rows of this project folder")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
}

// What an update of answers is; null: the run has its answers before it begins.
Json updatesOf(const train::RowPlan& rows)
{
    if (!rows.rollouts) {
        return {};
    }
    return {{"prompts", rows.batches.batchSize},
            {"answers_to_a_prompt", rows.rollouts->group},
            {"longest_answer", rows.rollouts->maxNew},
            {"steps", rows.rollouts->stepsOfUpdate()},
            {"updates", (rows.steps + rows.rollouts->stepsOfUpdate() - 1) / rows.rollouts->stepsOfUpdate()}};
}

Json toJson(const train::RunPlan& plan)
{
    const train::TrainingData& data = plan.rows.data;
    Json largest = Json::array();
    for (const train::BatchShape& shape : plan.largest) {
        largest.push_back({{"step", shape.step}, {"rows", shape.rows}, {"length", shape.length}, {"tokens", shape.tokens}});
    }
    return {{"rows",
             {{"train", data.train.size()},
              {"held_out", data.heldOut.size()},
              {"skipped", data.skipped},
              {"broken", data.broken},
              {"nothing_to_learn", data.nothingToLearn},
              {"excluded", data.excluded},
              {"cut", data.truncated}}},
            {"steps", plan.rows.steps},
            {"rollouts", updatesOf(plan.rows)},
            {"packed", plan.rows.isPacked()},
            {"max_length", plan.rows.maxLength},
            {"longest", plan.rows.longestRow()},
            {"longest_batches", std::move(largest)},
            {"trained", {{"parameters", plan.size->trainedParameters}, {"total", plan.size->totalParameters}, {"share", plan.size->trainedShare()}}},
            {"reference", {{"kind", train::toText(plan.rows.reference.kind)}, {"once", plan.rows.reference.once}, {"why", plan.rows.reference.why}}},
            {"labels", data.labels},
            {"warnings", plan.rows.warnings}};
}

std::string rowsText(const train::TrainingData& data)
{
    std::string text = counted(static_cast<std::int64_t>(data.train.size())) + " to learn from, "
                       + counted(static_cast<std::int64_t>(data.heldOut.size())) + " held out";
    const auto also = [&text](std::int64_t count, const char* what) {
        text += count > 0 ? ", " + counted(count) + what : std::string();
    };
    also(data.broken, " broken");
    also(data.nothingToLearn, " with nothing to learn");
    also(data.excluded, " left out");
    also(data.truncated, " cut");
    return text;
}

std::string batchText(const train::BatchShape& shape, bool isPacked)
{
    const std::string rows = counted(shape.rows) + (shape.rows == 1 ? " row" : " rows");
    return (isPacked ? rows + " packed into " + counted(shape.length) + " tokens"
                     : rows + " x " + counted(shape.length) + " = " + counted(shape.tokens) + " tokens")
           + ", at step " + counted(shape.step);
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + oneLine(word);
    }
    return text;
}

std::string tableOf(const train::RunPlan& plan, int width)
{
    Table table({{"this run"}, {"as planned", true}});
    table.add({"Rows", rowsText(plan.rows.data)});
    table.add({"Steps", counted(plan.rows.steps)});
    table.add({"Longest row", counted(plan.rows.longestRow()) + " tokens, cut after " + counted(plan.rows.maxLength)});
    if (const auto& shape = plan.rows.rollouts) {
        table.add({"Answers", counted(plan.rows.batches.batchSize) + " prompts x " + counted(shape->group) + " answers an update, up to " + counted(shape->maxNew)
                                  + " tokens each; " + counted(shape->stepsOfUpdate()) + (shape->stepsOfUpdate() == 1 ? " step" : " steps") + " learn from them"});
    }
    for (const train::BatchShape& shape : plan.largest) {
        table.add({&shape == &plan.largest.front() ? "Largest batches" : "", batchText(shape, plan.rows.isPacked())});
    }
    table.add({"Trains", counted(plan.size->trainedParameters) + " of " + counted(plan.size->totalParameters) + " parameters ("
                             + fixed(100 * plan.size->trainedShare(), 3) + " %)"});
    if (!plan.rows.reference.why.empty()) {
        table.add({"Reference", plan.rows.reference.why});
    }
    if (!plan.rows.data.labels.empty()) {
        table.add({"Labels", joined(plan.rows.data.labels)});
    }
    return table.toText(width);
}

Result<train::RunPlan> planOf(const Flags& flags, Context& context)
{
    auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    auto checked = config ? checkRules(*config) : Result<void>(config.error());
    auto project = checked ? lookInto(flags.project) : Result<std::shared_ptr<store::Project>>(checked.error());
    auto rows = project ? store::runRows(project->get(), config->data) : Result<train::RunRows>(project.error());
    if (!rows) {
        return rows.error();
    }
    train::PlanControl control;
    control.threads = config->run.threads;
    control.progress = [&](std::int64_t done, std::int64_t total) {
        context.console.progress("encoding " + counted(done) + " / " + counted(total));
    };
    control.isStopped = [&] { return context.cancel.isCancelled(); };
    auto plan = train::planRun(*config, *rows, control);
    context.console.endProgress();
    if (plan && !plan->size) {
        return Error{plan->sizeProblem};
    }
    return plan;
}

int run(const Flags& flags, Context& context)
{
    const auto plan = planOf(flags, context);
    if (!plan) {
        return context.fail(plan.message());
    }
    if (context.console.isJson()) {
        context.console.line(toJson(*plan));
        return kDone;
    }
    context.console.text(tableOf(*plan, context.console.width()));
    for (const std::string& sentence : plan->rows.warnings) {
        context.console.note(oneLine(sentence));
    }
    return kDone;
}

} // namespace

Command planCommand()
{
    return command<Flags>("plan", "What a run by a recipe would be, before it begins",
                          "luthier plan recipe.json\nluthier plan recipe.json --set padding=packed --json\n"
                          "luthier plan recipe.json --project ~/tunes",
                          setup, run);
}

} // namespace luthier::cli
