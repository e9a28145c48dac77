// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/comparison.h"

#include <CLI/App.hpp>

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

int run(const Flags& flags, Context& context)
{
    auto settings = settingsOf(flags);
    if (!settings) {
        return context.fail(settings.message());
    }
    const auto printLine = [&](std::size_t column, std::size_t prompt, const inference::Generation& answer) {
        if (context.console.isJson()) {
            const std::string adapter = column == 0 ? "" : flags.adapters[column - 1];
            context.console.line({{"row", prompt + 1},
                                  {"prompt", settings->prompts[prompt].text},
                                  {"column", settings->columns[column].title},
                                  {"adapter", adapter.empty() ? Json() : Json(adapter)},
                                  {"text", answer.text},
                                  {"finish", answer.finish},
                                  {"tokens_per_second", answer.tokensPerSecond}});
        }
    };
    auto answers = compare(*settings, context, printLine);
    if (!answers) {
        return context.fail(answers.message());
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
