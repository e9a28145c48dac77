// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/usual_rate.h"
#include "core/cli/display.h"
#include "core/cli/ranks/ranked_run.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/cli/tune_run.h"
#include "core/cli/unread.h"
#include "core/train/answers/first_answers.h"
#include "core/train/plan/memory_estimate.h"
#include "core/train/trials/plan_measure.h"
#include "core/train/ranks/rank_plan.h"
#include "core/train/plan/run_plan.h"

#include <CLI/App.hpp>

#include <optional>

namespace luthier::cli {

namespace plan_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string project;
    bool measure = false;
    bool answers = false;
    RankFlags ranks;
};

struct Plan {
    train::RunPlan run;
    train::MemoryEstimate memory;
    std::vector<train::MemoryChange> changes; // when it does not fit
    std::optional<train::PlanMeasure> measured;
    double rate = 0; // learning rate
    double usualRate = 0;
    std::string rateNote = {};
    std::optional<train::FirstAnswers> answers = {};
    std::optional<train::RankPlan> ranks = {}; // where several are asked for
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
    app.add_flag("--answers", flags.answers, "Of grpo, rloo and ppo: sample the first answers and judge them, before anything is learned");
    addRankFlags(app, flags.ranks);
    app.add_flag("--measure", flags.measure, "Load the model and pass the largest batch once: its real memory, and the run's time");
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

Json unreadJson(const train::TrainingData& data)
{
    Json list = Json::array();
    for (const train::UnreadOfFile& file : data.unread) {
        appendUnread(list, file.path, file.report);
    }
    return list;
}

Json toJson(const train::MemoryEstimate& memory)
{
    const train::MemoryParts& parts = memory.parts;
    return {{"weights", parts.weights},     {"adapter", parts.adapter}, {"gradients", parts.gradients}, {"optimizer", parts.optimizer},
            {"activations", parts.activations}, {"logits", parts.logits}, {"workspace", parts.workspace}, {"total", parts.total()},
            {"free", memory.free},          {"fits", memory.fits()}};
}

Json toJson(const train::RankPlan& plan)
{
    Json ranks = Json::array();
    for (const train::RankNeed& rank : plan.ranks) {
        ranks.push_back({{"device", rank.device}, {"whole", toJson(rank.whole)}, {"split", toJson(rank.split)}});
    }
    return {{"needs", std::move(ranks)}, {"choice", plan.choice}, {"why", plan.sentence}};
}

Json toJson(const std::vector<train::MemoryChange>& changes)
{
    Json list = Json::array();
    for (const train::MemoryChange& change : changes) {
        Json settings = Json::object();
        for (const auto& [key, value] : change.settings) {
            settings[key] = value;
        }
        list.push_back({{"set", std::move(settings)}, {"saves", change.saves}, {"cost", change.cost}, {"fits", change.fits}});
    }
    return list;
}

Json toJson(const train::FirstAnswers& first)
{
    Json list = Json::array();
    for (const train::FirstAnswers::One& one : first.answers) {
        list.push_back({{"prompt", one.prompt}, {"answer", one.answer}, {"reward", one.reward}});
    }
    return {{"answers", std::move(list)}, {"reward", first.reward}, {"tokens", first.tokens}, {"cut", first.cut()},
            {"without_spread", first.withoutSpread ? Json(*first.withoutSpread) : Json()}, {"remarks", first.remarks}};
}

// Answers, then what they say together.
std::string tableOf(const train::FirstAnswers& first, int width)
{
    Table table({{"prompt"}, {"first answers", true}, {"reward", false, true}});
    for (const train::FirstAnswers::One& one : first.answers) {
        table.add({cutTo(oneLine(one.prompt), 40), oneLine(one.answer), fixed(one.reward, 3)});
    }
    return table.toText(width) + "\nMean reward " + fixed(first.reward, 3) + ", " + fixed(first.tokens, 1) + " tokens, " + counted(first.cut()) + " of " + counted(static_cast<std::int64_t>(first.answers.size()))
           + " cut" + (first.withoutSpread ? ", " + fixed(100 * *first.withoutSpread, 0) + " % of the groups without spread" : "");
}

Json toJson(const Plan& whole)
{
    const train::RunPlan& plan = whole.run;
    const train::TrainingData& data = plan.rows.data;
    Json largest = Json::array();
    for (const train::BatchShape& shape : plan.largest) {
        largest.push_back({{"step", shape.step}, {"rows", shape.rows}, {"length", shape.length}, {"tokens", shape.tokens}});
    }
    Json json{{"rows",
             {{"train", data.train.size()},
              {"held_out", data.heldOut.size()},
              {"skipped", data.skipped},
              {"broken", data.broken},
              {"nothing_to_learn", data.nothingToLearn},
              {"excluded", data.excluded},
              {"cut", data.truncated}}},
            {"unread", unreadJson(data)},
            {"steps", plan.rows.steps},
            {"rollouts", updatesOf(plan.rows)},
            {"packed", plan.rows.isPacked()},
            {"max_length", plan.rows.maxLength},
            {"longest", plan.rows.longestRow()},
            {"longest_batches", std::move(largest)},
            {"trained", {{"parameters", plan.size->trainedParameters}, {"total", plan.size->totalParameters}, {"share", plan.size->trainedShare()}}},
            {"memory", toJson(whole.memory)},
            {"changes", toJson(whole.changes)},
            {"seconds", whole.measured ? Json(whole.measured->seconds) : Json()},
            {"reference", {{"kind", train::toText(plan.rows.reference.kind)}, {"once", plan.rows.reference.once}, {"why", plan.rows.reference.why}}},
            {"learning_rate", {{"value", whole.rate}, {"usual", whole.usualRate}}},
            {"labels", data.labels},
            {"warnings", plan.rows.warnings}};
    if (whole.answers) {
        json["first_answers"] = toJson(*whole.answers);
    }
    if (whole.ranks) {
        json["ranks"] = toJson(*whole.ranks);
    }
    if (whole.measured) {
        json["measured"] = whole.measured->peakBytes;
    }
    return json;
}

std::string memoryText(const train::MemoryEstimate& memory)
{
    const train::MemoryParts& parts = memory.parts;
    const auto size = [](std::int64_t bytes) { return byteSize(static_cast<double>(bytes)); };
    std::string text = size(parts.total()) + " at its peak: weights " + size(parts.weights);
    const auto also = [&](const char* what, std::int64_t bytes) { text += bytes > 0 ? std::string(", ") + what + " " + size(bytes) : std::string(); };
    also("adapter", parts.adapter);
    also("gradients", parts.gradients);
    also("optimizer", parts.optimizer);
    also("activations", parts.activations);
    also("logits", parts.logits);
    also("workspace", parts.workspace);
    text += memory.free > 0 ? "; " + size(memory.free) + " are free on " + memory.device : std::string();
    return text + (memory.fits() ? "" : ": it does not fit");
}

// What each choice needs on a rank's device.
std::string rankText(const train::RankNeed& rank)
{
    const auto size = [](std::int64_t bytes) { return byteSize(static_cast<double>(bytes)); };
    const auto need = [&](const train::MemoryEstimate& memory) { return size(memory.parts.total()) + (memory.fits() ? "" : " (does not fit)"); };
    return rank.device + ": " + need(rank.whole) + " with everything whole, " + need(rank.split) + " with a part of what ranks can split"
           + (rank.whole.free > 0 ? "; " + size(rank.whole.free) + " are free" : std::string());
}

std::string changeText(const train::MemoryChange& change)
{
    std::string text;
    for (const auto& [key, value] : change.settings) {
        text += (text.empty() ? "--set " : " --set ") + key + "=" + value;
    }
    return text + " saves " + byteSize(static_cast<double>(change.saves)) + (change.fits ? ", then it fits. " : ", which is not enough. ") + change.cost;
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

std::string tableOf(const Plan& whole, int width)
{
    const train::RunPlan& plan = whole.run;
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
    table.add({"Memory", memoryText(whole.memory)});
    for (const train::MemoryChange& change : whole.changes) {
        table.add({&change == &whole.changes.front() ? "To need less" : "", changeText(change)});
    }
    for (std::size_t i = 0; whole.ranks && i < whole.ranks->ranks.size(); ++i) {
        table.add({"Rank " + std::to_string(i), rankText(whole.ranks->ranks[i])});
    }
    if (whole.ranks) {
        table.add({"Ranks", whole.ranks->sentence});
    }
    if (whole.measured) {
        table.add({"Measured", byteSize(static_cast<double>(whole.measured->peakBytes)) + " with the largest batch of "
                                   + counted(whole.measured->passTokens) + " tokens, which takes "
                                   + fixed(whole.measured->secondsPerPass, 3) + " s"});
        table.add({"Time", "about " + duration(whole.measured->seconds)});
    }
    table.add({"Learning rate", shortest(whole.rate) + ", " + whole.rateNote});
    if (!plan.rows.reference.why.empty()) {
        table.add({"Reference", plan.rows.reference.why});
    }
    if (!plan.rows.data.labels.empty()) {
        table.add({"Labels", joined(plan.rows.data.labels)});
    }
    return table.toText(width);
}

Result<train::PlanMeasure> measured(const config::RunConfig& config, const train::RunRows& rows, Context& context)
{
    context.console.progress("measuring the largest batch");
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); });
    auto result = train::measurePlan(config, rows, control);
    context.console.endProgress();
    return result;
}

Result<Plan> planOf(const Flags& flags, Context& context)
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
    auto run = train::planRun(*config, *rows, control);
    context.console.endProgress();
    if (!run) {
        return run.error();
    }
    if (!run->size) {
        return Error{run->sizeProblem};
    }
    Plan plan{std::move(*run), {}, {}, {}, config->optimizer.learningRate, config::usualRate(config->method.kind, config->objective.kind), config::rateNote(*config)};
    auto memory = train::memoryOf(*config, plan.run);
    if (!memory) {
        return memory.error();
    }
    plan.memory = std::move(memory->estimate);
    plan.changes = std::move(memory->changes);
    if (flags.ranks.areGiven()) {
        const auto devices = devicesFor(flags.ranks, context.globals);
        auto ranks = devices ? train::planRanks(*config, plan.run, *devices) : Result<train::RankPlan>(devices.error());
        if (!ranks) {
            return ranks.error();
        }
        plan.ranks = std::move(*ranks);
    }
    if (flags.answers) {
        train::StopControl stop;
        const InterruptScope scope(context.interrupts, [&stop] { stop.requestStop(); });
        context.console.progress("sampling answers");
        auto first = train::firstAnswers(*config, *rows, stop);
        context.console.endProgress();
        if (!first) {
            return first.error();
        }
        plan.answers = std::move(*first);
    }
    if (flags.measure) {
        auto result = measured(*config, *rows, context);
        if (!result) {
            return result.error();
        }
        plan.measured = *result;
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
    if (plan->answers) {
        context.console.text("\n" + tableOf(*plan->answers, context.console.width()));
        for (const std::string& sentence : plan->answers->remarks) {
            context.console.text(sentence);
        }
    }
    for (const std::string& sentence : plan->run.rows.warnings) {
        context.console.warning(oneLine(sentence));
    }
    return kDone;
}

} // namespace
} // namespace plan_command

Command planCommand()
{
    return command<plan_command::Flags>("plan", "What a run by a recipe would be, before it begins",
                          "luthier plan recipe.json\nluthier plan recipe.json --set padding=packed --json\n"
                          "luthier plan recipe.json --project ~/tunes\nluthier plan recipe.json --devices all\nluthier plan recipe.json --measure",
                          plan_command::setup, plan_command::run);
}

} // namespace luthier::cli
