// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/adapter_notes.h"
#include "core/cli/comparison.h"
#include "core/cli/display.h"
#include "core/evaluation/answer_rewards.h"
#include "core/store/runs/reward_trust.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <numeric>

namespace luthier::cli {

namespace compare_command {
namespace {

struct Flags {
    std::string model;
    std::string chatTemplate = "folder";
    bool foldSystem = false;
    std::vector<std::string> adapters;
    std::string prompts;
    bool raw = false;
    inference::Sampling sampling;
    std::int64_t batch = kAnswersAtOnce;
    std::string rewardModel;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Base model folder")->required()->option_text("DIR");
    app.add_option("--adapter", flags.adapters,
                   "Adapter folder, DIR=0.7 to weigh it; each is a column of its own")
        ->required()
        ->allow_extra_args(false)
        ->option_text("DIR");
    app.add_option("--prompts", flags.prompts, "Rows of {\"prompt\":...} or {\"messages\":[...]}")
        ->required()
        ->option_text("FILE.jsonl");
    app.add_flag("--raw", flags.raw, "Prompts as bare text, without the chat template");
    addChatTemplate(app, flags.chatTemplate);
    addFoldSystem(app, flags.foldSystem);
    addBatchFlag(app, flags.batch);
    app.add_option("--reward-model", flags.rewardModel, "Reward model that scores the answers: a folder, an adapter of one, or the run that made it")->option_text("DIR");
    addFieldFlags(app, &flags.sampling, inference::samplingFields());
}

Result<ComparisonSettings> settingsOf(const Flags& flags)
{
    auto prompts = readPrompts(flags.prompts);
    if (!prompts) {
        return prompts.error();
    }
    ComparisonSettings settings{{{"base", flags.model, {}}}, std::move(*prompts), flags.sampling, !flags.raw, flags.batch,
                                flags.chatTemplate, flags.foldSystem};
    for (const auto& adapter : flags.adapters) {
        settings.columns.push_back(
            {flags.adapters.size() == 1 ? "tuned" : adapter, flags.model, {adapterOf(adapter)}});
    }
    return settings;
}

using Rewards = std::vector<std::vector<double>>; // [column][prompt]

// Each column's answers behind their prompts.
Result<Rewards> rewardsOf(inference::Session& judge, const ComparisonSettings& settings, const std::vector<std::vector<std::string>>& answers, Context& context)
{
    Rewards all;
    for (const auto& column : answers) {
        std::vector<std::pair<std::vector<data::Message>, std::string>> conversations;
        for (std::size_t p = 0; p < column.size(); ++p) {
            const Prompt& prompt = settings.prompts[p];
            conversations.emplace_back(prompt.messages.empty() ? std::vector<data::Message>{{"user", prompt.text, {}}} : prompt.messages, column[p]);
        }
        auto rewards = evaluation::rewardsOf(judge, conversations, context.cancel);
        if (!rewards) {
            return rewards.error();
        }
        all.push_back(std::move(*rewards));
    }
    return all;
}

// "tuned" becomes "tuned, reward 0.42": the mean of its column.
void nameMeans(ComparisonSettings& settings, const Rewards& rewards)
{
    for (std::size_t c = 0; c < rewards.size(); ++c) {
        const double sum = std::accumulate(rewards[c].begin(), rewards[c].end(), 0.0);
        settings.columns[c].title += ", reward " + fixed(sum / static_cast<double>(std::max<std::size_t>(1, rewards[c].size())), 3);
    }
}

int run(const Flags& flags, Context& context)
{
    auto settings = settingsOf(flags);
    if (!settings) {
        return context.fail(settings.message());
    }
    noteAdapters(adaptersOf(flags.adapters), context.console);
    std::shared_ptr<inference::Session> judge; // opened before anything is answered: what is none says so at once
    if (!flags.rewardModel.empty()) {
        auto opened = evaluation::openRewardModel(flags.rewardModel, context.globals.deviceOrAuto(), context.globals.dtypeOrAuto());
        if (!opened) {
            return context.fail(opened.message());
        }
        judge = std::move(*opened);
        context.console.warning(store::rewardTrustOf(nullptr, flags.rewardModel).sentence);
    }
    struct Line {
        std::size_t column;
        std::size_t prompt;
        inference::Generation answer;
    };
    std::vector<Line> waiting; // for their scores
    std::vector<std::pair<std::size_t, std::size_t>> cut; // columns and prompts of answers that reached --max-new
    const auto printLine = [&](const Line& line, const Json& reward) {
        const std::string adapter = line.column == 0 ? "" : flags.adapters[line.column - 1];
        Json json{{"row", line.prompt + 1},
                  {"prompt", settings->prompts[line.prompt].text},
                  {"column", settings->columns[line.column].title},
                  {"adapter", adapter.empty() ? Json() : Json(adapter)},
                  {"text", line.answer.text},
                  {"finish", line.answer.finish},
                  {"tokens_per_second", line.answer.tokensPerSecond}};
        if (!reward.is_null()) {
            json["reward"] = reward;
        }
        context.console.line(json);
    };
    auto answers = compare(*settings, context, [&](std::size_t column, std::size_t prompt, const inference::Generation& answer) {
        if (answer.finish == "length") {
            cut.emplace_back(column, prompt);
        }
        if (!context.console.isJson()) {
            return;
        }
        const Line line{column, prompt, answer};
        if (judge) {
            waiting.push_back(line);
        } else {
            printLine(line, {});
        }
    });
    if (!answers) {
        return context.fail(answers.message());
    }
    if (judge) {
        const auto rewards = rewardsOf(*judge, *settings, *answers, context);
        for (const Line& line : waiting) { // what was answered is told, scored or not
            printLine(line, rewards ? Json((*rewards)[line.column][line.prompt]) : Json());
        }
        if (!rewards) {
            return context.fail(rewards.message());
        }
        nameMeans(*settings, *rewards);
    }
    if (!cut.empty()) {
        context.console.warning(counted(static_cast<std::int64_t>(cut.size())) + (cut.size() == 1 ? " answer was cut at " : " answers were cut at ") + counted(flags.sampling.maxNew)
                                + " tokens and may have gone on; --max-new allows more.");
    }
    for (const auto& [column, prompt] : cut) {
        (*answers)[column][prompt] += "\n[cut]";
    }
    if (!context.console.isJson()) {
        context.console.text(comparisonTable(*settings, *answers, context.console.width()));
    }
    return kDone;
}

} // namespace
} // namespace compare_command

Command compareCommand()
{
    return command<compare_command::Flags>(
        "compare", "The same prompts answered by the base and by tuned models",
        "luthier compare --model MODEL --adapter runs/first/adapter --prompts questions.jsonl\n"
        "luthier compare --model MODEL --adapter A --adapter B --prompts questions.jsonl --json",
        compare_command::setup, compare_command::run);
}

} // namespace luthier::cli
