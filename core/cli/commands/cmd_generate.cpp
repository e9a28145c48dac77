// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/adapter_notes.h"
#include "core/cli/answering.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"

#include <CLI/App.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace luthier::cli {

namespace generate_command {
namespace {

struct Flags {
    std::string model;
    std::string chatTemplate = "folder";
    std::vector<std::string> adapters;
    std::optional<std::string> prompt;
    std::string prompts;
    bool chat = false;
    bool foldSystem = false;
    std::string system;
    inference::Sampling sampling;
    std::int64_t batch = kAnswersAtOnce;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Model folder")->required()->option_text("DIR");
    addChatTemplate(app, flags.chatTemplate);
    app.add_option("--adapter", flags.adapters, "Adapter folder, DIR=0.7 to weigh it; may be repeated")
        ->allow_extra_args(false)
        ->option_text("DIR");
    auto* prompt = app.add_option("--prompt", flags.prompt, "What to go on from")->option_text("TEXT");
    auto* prompts
        = app.add_option("--prompts", flags.prompts, "Rows of {\"prompt\":...} or {\"messages\":[...]}")
              ->option_text("FILE.jsonl");
    requireOne(app, {prompt, prompts});
    app.add_flag("--chat", flags.chat, "The prompt is a question, written with the model's chat template");
    app.add_option("--system", flags.system, "System message before it; means --chat")->option_text("TEXT");
    addFoldSystem(app, flags.foldSystem);
    addBatchFlag(app, flags.batch);
    addFieldFlags(app, &flags.sampling, inference::samplingFields());
}

Result<std::vector<Prompt>> promptsOf(const Flags& flags)
{
    if (flags.prompt) {
        return std::vector<Prompt>{{*flags.prompt, {}}};
    }
    return readPrompts(flags.prompts);
}

void printJson(const inference::Generation& answer, Console& console)
{
    console.line({{"text", answer.text},
                  {"ids", toJson(answer.ids)},
                  {"prompt_ids", toJson(answer.promptIds)},
                  {"finish", answer.finish},
                  {"tokens_per_second", answer.tokensPerSecond}});
}

Result<void> answerOne(inference::Session& session, const Prompt& prompt, const Flags& flags,
                       Context& context)
{
    auto ids = promptIds(session.encoder(), prompt, flags.chat, flags.system);
    if (!ids) {
        return ids.error();
    }
    inference::GenerateOptions options{flags.sampling, true, {}, context.cancel};
    if (!context.console.isJson()) {
        options.onPiece = [&context](const std::string& piece) { context.console.piece(harmless(piece)); };
    }
    auto answer = session.generate(*ids, options);
    if (!answer) {
        return answer.error();
    }
    if (context.console.isJson()) {
        printJson(*answer, context.console);
    } else {
        context.console.text("");
        context.console.note(counted(static_cast<std::int64_t>(answer->ids.size())) + " tokens, "
                             + fixed(answer->tokensPerSecond, 1) + " tokens/s, " + session.describeDevice());
    }
    return {};
}

void printTold(const Prompt& prompt, const inference::Generation& answer, bool isFirst, Console& console)
{
    if (console.isJson()) {
        printJson(answer, console);
        return;
    }
    console.text((isFirst ? "> " : "\n> ") + harmless(prompt.text));
    console.text(harmless(answer.text));
}

Result<void> answerMany(inference::Session& session, const std::vector<Prompt>& prompts, const Flags& flags, Context& context)
{
    const auto start = std::chrono::steady_clock::now();
    Answering asked{{}, flags.sampling, true, flags.batch, flags.prompts + ": ", ""};
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        auto ids = promptIds(session.encoder(), prompts[i], flags.chat, flags.system);
        if (!ids) {
            return Error{flags.prompts + ": row " + counted(static_cast<std::int64_t>(i) + 1) + ": " + ids.message()};
        }
        asked.prompts.push_back(std::move(*ids));
    }
    const auto answers = answerTogether(session, asked, context, [&](std::size_t i, const inference::Generation& answer) {
        printTold(prompts[i], answer, i == 0, context.console);
    });
    if (!answers) {
        return answers.error();
    }
    if (!context.console.isJson()) {
        std::int64_t tokens = 0;
        for (const auto& answer : *answers) {
            tokens += static_cast<std::int64_t>(answer.ids.size());
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        context.console.note(counted(tokens) + " tokens, " + fixed(static_cast<double>(tokens) / seconds, 1) + " tokens/s, "
                             + session.describeDevice());
    }
    return {};
}

int run(const Flags& flags, Context& context)
{
    auto prompts = promptsOf(flags);
    if (!prompts) {
        return context.fail(prompts.message());
    }
    const auto adapters = adaptersOf(flags.adapters);
    auto session = inference::Session::open({flags.model, adapters,
                                             context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(),
                                             flags.chatTemplate, {}, flags.foldSystem});
    if (!session) {
        return context.fail(session.message());
    }
    noteAdapters(adapters, context.console);
    if (flags.batch > 1 && prompts->size() > 1) {
        auto done = answerMany(**session, *prompts, flags, context);
        return !done                            ? context.fail(done.message())
               : context.cancel.isCancelled() ? context.fail("cancelled")
                                                : kDone;
    }
    std::int64_t row = 0;
    for (const Prompt& prompt : *prompts) {
        ++row;
        if (context.cancel.isCancelled()) {
            break;
        }
        if (!context.console.isJson() && prompts->size() > 1) {
            context.console.text((row > 1 ? "\n> " : "> ") + harmless(prompt.text));
        }
        if (auto done = answerOne(**session, prompt, flags, context); !done) {
            const auto where = flags.prompt ? "" : flags.prompts + ": row " + counted(row) + ": ";
            return context.fail(where + done.message());
        }
    }
    return context.cancel.isCancelled() ? context.fail("cancelled") : kDone;
}

} // namespace
} // namespace generate_command

Command generateCommand()
{
    return command<generate_command::Flags>(
        "generate", "Let a model answer",
        "luthier generate --model MODEL --chat --prompt \"What does Mira sell?\"\n"
        "luthier generate --model MODEL --adapter runs/first/adapter --chat --prompts questions.jsonl\n"
        "luthier generate --model MODEL --prompt \"Once\" --temperature 0.7 --max-new 40 --json",
        generate_command::setup, generate_command::run);
}

} // namespace luthier::cli
