// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/command.h"
#include "core/cli/data/report.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/unread.h"
#include "core/data/asked_columns.h"
#include "core/data/dataset.h"
#include "core/data/example_text.h"
#include "core/data/row_name.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace render_command {
namespace {

constexpr std::int64_t kWholeLength = std::int64_t{1} << 40; // nothing is cut

struct Flags {
    std::string model;
    std::string chatTemplate = "folder";
    std::string file;
    std::string format = "auto";
    std::int64_t row = 0; // from 1; 0: all
    std::int64_t maxLength = 1024;
    bool trainAll = false;
    bool generationPrompt = false;
    bool foldSystem = false;
    std::vector<std::string> columns;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Model folder; its tokenizer files are enough")
        ->required()
        ->option_text("DIR");
    addChatTemplate(app, flags.chatTemplate);
    app.add_option("--data", flags.file, "Data file: JSON, JSONL or CSV")->required()->option_text("FILE");
    app.add_option("--row", flags.row, "Only this row, counted from 1")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 62))
        ->option_text("N");
    app.add_option("--format", flags.format, "Shape of the rows; auto looks at the first")->option_text("ID");
    app.add_option("--map", flags.columns, "What the file calls a field, as prompt=question")->option_text("FIELD=COLUMN...");
    app.add_option("--max-length", flags.maxLength, "Longer rows are cut; usually 1024. 0: none is")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1048576}))
        ->option_text("TOKENS");
    app.add_flag("--train-all", flags.trainAll, "Every token is a target, not the answers alone");
    app.add_flag("--generation-prompt", flags.generationPrompt,
                 "End where the model's next answer would begin; rows may wait for it");
    addFoldSystem(app, flags.foldSystem);
}

// With a generation prompt a row may wait for its answer.
Result<data::Example> exampleAt(const data::Dataset& dataset, std::int64_t row, bool mayWait)
{
    auto example = dataset.example(row);
    const bool isWaiting = !example || (!example->messages.empty() && data::saysNothing(example->messages.back())); // a table's empty cell
    if (!mayWait || !isWaiting) {
        return example;
    }
    const auto json = dataset.row(row);
    auto prompt = json ? data::promptExample(*json) : Result<data::Example>(json.error());
    return prompt ? prompt : example;
}

void printRow(std::int64_t row, const data::EncodedExample& encoded, const text::Tokenizer& tokenizer,
              Console& console)
{
    if (console.isJson()) {
        Json trained = Json::array();
        for (const auto flag : encoded.trained) {
            trained.push_back(static_cast<int>(flag));
        }
        console.line({{"row", row},
                      {"text", encoded.text},
                      {"ids", toJson(encoded.ids())},
                      {"trained", std::move(trained)},
                      {"truncated", encoded.truncated}});
        return;
    }
    // Trained runs stand in brackets.
    std::string shown;
    bool inside = false;
    for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {
        const bool trained = encoded.trained[i] != 0;
        shown += trained == inside ? "" : trained ? "[" : "]";
        inside = trained;
        const auto& token = encoded.tokens[i];
        shown += token.begin == token.end
                     ? tokenizer.piece(token.id)
                     : encoded.text.substr(static_cast<std::size_t>(token.begin),
                                           static_cast<std::size_t>(token.end - token.begin));
    }
    console.text("row " + counted(row) + ": " + counted(static_cast<std::int64_t>(encoded.tokens.size()))
                 + " tokens, " + counted(encoded.numTrained()) + " trained"
                 + (encoded.truncated ? ", cut" : "") + "\n" + harmless(shown) + (inside ? "]" : "") + "\n");
}

void printBadRow(std::int64_t row, const std::string& sentence, Console& console)
{
    if (console.isJson()) {
        console.line({{"row", row}, {"error", sentence}});
    } else {
        console.text("row " + counted(row) + ": " + oneLine(data::withoutRowName(sentence, row - 1)) + "\n");
    }
}

int run(const Flags& flags, Context& context)
{
    auto encoder = data::Encoder::load(flags.model, flags.chatTemplate);
    if (!encoder) {
        return context.fail(encoder.message());
    }
    if (flags.foldSystem) {
        encoder->foldSystem();
    }
    auto dataset = data::Dataset::open(flags.file, {flags.format, {}, {}, context.cancel, {}, flags.columns});
    if (!dataset) {
        return context.fail(dataset.message());
    }
    if (const std::string missing = data::askedColumnsProblem(**dataset, context.cancel); !missing.empty()) {
        return context.fail(flags.file + ": " + missing);
    }
    const std::int64_t count = (*dataset)->rowCount();
    if (flags.row > count) {
        return context.fail(flags.file + ": there is no row " + counted(flags.row) + "; the file has "
                            + base::amount(count, "row"));
    }
    const data::EncodingSettings settings{flags.maxLength == 0 ? kWholeLength : flags.maxLength, flags.trainAll, flags.generationPrompt};
    data::FieldCensus census;
    UntrainedParts untrained;
    std::int64_t usable = 0;
    std::string problem;
    const std::int64_t last = flags.row > 0 ? flags.row : count;
    for (std::int64_t row = flags.row > 0 ? flags.row : 1; row <= last && !context.cancel.isCancelled();
         ++row) {
        const auto example = exampleAt(**dataset, row - 1, flags.generationPrompt);
        const auto encoded = example ? encoder->encode(*example, settings) : Result<data::EncodedExample>(example.error());
        if (encoded) {
            ++usable;
            untrained.add(*example);
            if (const auto json = (*dataset)->row(row - 1)) {
                census.add(row - 1, *json, *example, encoder->tokenizer.get());
            }
            printRow(row, *encoded, *encoder->tokenizer, context.console);
        } else {
            problem = problem.empty() ? encoded.message() : problem;
            printBadRow(row, encoded.message(), context.console);
        }
    }
    if (usable == 0 || context.cancel.isCancelled()) {
        return context.fail(flags.file + ": no usable row; the first problem is: " + problem);
    }
    if (flags.trainAll) {
        untrained.turns = 0; // whatever their rows say
    }
    for (const std::string& sentence : untrained.sentences()) {
        context.console.warning(oneLine(flags.file + ": " + sentence));
    }
    noteUnread(context.console, flags.file, data::unreadFields(**dataset, census, {&*encoder, {}, {}}));
    return kDone;
}

} // namespace
} // namespace render_command

Command renderCommand()
{
    return command<render_command::Flags>("render", "Show data as the model reads it, and what is trained",
                          "luthier render --model MODEL --data rows.jsonl --row 3\n"
                          "luthier render --model MODEL --data rows.jsonl --json",
                          render_command::setup, render_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
