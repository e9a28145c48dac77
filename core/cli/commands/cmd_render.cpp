// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/data/dataset.h"

#include <CLI/App.hpp>

#include <algorithm>

namespace luthier::cli {

namespace {

struct Flags {
    std::string model;
    std::string chatTemplate = "folder";
    std::string file;
    std::string format = "auto";
    std::int64_t row = 0; // from 1; 0: all
    std::int64_t maxLength = 1024;
    bool trainAll = false;
    bool generationPrompt = false;
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
    app.add_option("--max-length", flags.maxLength, "Longer rows are cut; usually 1024")
        ->check(CLI::Range(std::int64_t{8}, std::int64_t{1048576}))
        ->option_text("TOKENS");
    app.add_flag("--train-all", flags.trainAll, "Every token is a target, not the answers alone");
    app.add_flag("--generation-prompt", flags.generationPrompt,
                 "End where the model's next answer would begin");
}

// The encoder cuts prompts for training; with a generation prompt the text is the template's own.
Result<data::EncodedExample> encodePrompted(const data::Encoder& encoder, const data::Example& example,
                                            const Flags& flags)
{
    if (example.kind != data::ExampleKind::Conversation || !encoder.chatTemplate) {
        return encoder.encode(example, {flags.maxLength, flags.trainAll});
    }
    auto rendered = encoder.chatTemplate->render(data::toJson(example.messages),
                                                 {true, example.tools, example.templateVariables, {}});
    if (!rendered) {
        return rendered.error();
    }
    data::EncodedExample encoded;
    encoded.text = rendered->text;
    encoded.tokens = encoder.tokenizer->encode(encoded.text, {.addSpecial = false, .parseSpecial = true});
    encoded.fullLength = static_cast<std::int64_t>(encoded.tokens.size());
    encoded.truncated = encoded.fullLength > flags.maxLength;
    encoded.tokens.resize(static_cast<std::size_t>(std::min(encoded.fullLength, flags.maxLength)));
    for (const auto& token : encoded.tokens) {
        const bool answer
            = std::any_of(rendered->assistant.begin(), rendered->assistant.end(),
                          [&](const text::Span& s) { return token.begin < s.end && token.end > s.begin; });
        const bool first = encoded.trained.empty();
        encoded.trained.push_back((flags.trainAll ? !first : answer) ? 1 : 0);
    }
    return encoded;
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
        console.text("row " + counted(row) + ": " + oneLine(sentence) + "\n");
    }
}

int run(const Flags& flags, Context& context)
{
    auto encoder = data::Encoder::load(flags.model, flags.chatTemplate);
    if (!encoder) {
        return context.fail(encoder.message());
    }
    auto dataset = data::Dataset::open(flags.file, {flags.format, {}, {}, context.cancel});
    if (!dataset) {
        return context.fail(dataset.message());
    }
    const std::int64_t count = (*dataset)->rowCount();
    if (flags.row > count) {
        return context.fail(flags.file + ": there is no row " + counted(flags.row) + "; the file has "
                            + counted(count) + " rows");
    }
    std::int64_t usable = 0;
    std::string problem;
    const std::int64_t last = flags.row > 0 ? flags.row : count;
    for (std::int64_t row = flags.row > 0 ? flags.row : 1; row <= last && !context.cancel.isCancelled();
         ++row) {
        auto example = (*dataset)->example(row - 1);
        auto encoded = !example ? Result<data::EncodedExample>(example.error())
            : flags.generationPrompt ? encodePrompted(*encoder, *example, flags)
                                     : encoder->encode(*example, {flags.maxLength, flags.trainAll});
        if (encoded) {
            ++usable;
            printRow(row, *encoded, *encoder->tokenizer, context.console);
        } else {
            problem = problem.empty() ? encoded.message() : problem;
            printBadRow(row, encoded.message(), context.console);
        }
    }
    if (usable == 0 || context.cancel.isCancelled()) {
        return context.fail(flags.file + ": no usable row; the first problem is: " + problem);
    }
    return kDone;
}

} // namespace

Command renderCommand()
{
    return command<Flags>("render", "Show data as the model reads it, and what is trained",
                          "luthier render --model MODEL --data rows.jsonl --row 3\n"
                          "luthier render --model MODEL --data rows.jsonl --json",
                          setup, run);
}

} // namespace luthier::cli
