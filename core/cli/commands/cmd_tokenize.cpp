// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"

#include <CLI/App.hpp>

#include <optional>

namespace luthier::cli {

namespace tokenize_command {
namespace {

struct Flags {
    std::string model;
    std::optional<std::string> text;
    std::string file;
    bool lines = false;
    bool noSpecial = false;
    bool plain = false;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Model folder; its tokenizer files are enough")
        ->required()
        ->option_text("DIR");
    auto* text = app.add_option("--text", flags.text, "Text to split")->option_text("TEXT");
    auto* file
        = app.add_option("--file", flags.file, "File to split as a whole; .jsonl: its rows of {\"text\":...}")
              ->option_text("FILE");
    requireOne(app, {text, file});
    app.add_flag("--lines", flags.lines, "One result for each line of the file");
    app.add_flag("--no-special", flags.noSpecial, "Without the tokens that the tokenizer adds by itself");
    app.add_flag("--plain", flags.plain, "Text that spells a special token is read as text");
}

void print(const text::Tokenizer& tokenizer, std::string_view text, const Flags& flags, Console& console)
{
    const auto ids = tokenizer.ids(text, {!flags.noSpecial, !flags.plain});
    Json pieces = Json::array();
    std::string shownIds;
    std::string shownPieces;
    for (const auto id : ids) {
        const auto piece = tokenizer.piece(id);
        shownIds += (shownIds.empty() ? "" : ",") + std::to_string(id);
        shownPieces += (shownPieces.empty() ? "" : " | ") + oneLine(piece);
        pieces.push_back(piece);
    }
    if (console.isJson()) {
        console.line({{"ids", toJson(ids)}, {"tokens", std::move(pieces)}});
    } else {
        console.text(shownIds + "\n" + shownPieces);
    }
}

Result<void> printRows(const text::Tokenizer& tokenizer, const Flags& flags, Context& context)
{
    return forEachRow(
        flags.file,
        [&](std::int64_t, const Json& row) -> Result<void> {
            const auto text = row.is_object() ? row.find("text") : row.end();
            if (text == row.end() || !text->is_string()) {
                return Error{"\"text\" is missing or no text"};
            }
            print(tokenizer, text->get<std::string>(), flags, context.console);
            return {};
        },
        context.cancel);
}

Result<void> printFile(const text::Tokenizer& tokenizer, const Flags& flags, Context& context)
{
    auto content = base::readFile(flags.file);
    if (!content) {
        return content.error();
    }
    if (!flags.lines) {
        print(tokenizer, *content, flags, context.console);
        return {};
    }
    for (const auto line : linesOf(*content)) {
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        print(tokenizer, line, flags, context.console);
    }
    return {};
}

int run(const Flags& flags, Context& context)
{
    auto tokenizer = text::loadTokenizer(flags.model);
    if (!tokenizer) {
        return context.fail(tokenizer.message());
    }
    Result<void> done;
    if (flags.text) {
        print(**tokenizer, *flags.text, flags, context.console);
    } else {
        done = isRowFile(flags.file) ? printRows(**tokenizer, flags, context)
                                     : printFile(**tokenizer, flags, context);
    }
    if (!done || context.cancel.isCancelled()) {
        return context.fail(done ? "cancelled" : done.message());
    }
    return kDone;
}

} // namespace
} // namespace tokenize_command

Command tokenizeCommand()
{
    return command<tokenize_command::Flags>("tokenize", "Split text into tokens",
                          "luthier tokenize --model MODEL --text \"A lute sounds gentle.\"\n"
                          "luthier tokenize --model MODEL --file notes.txt --lines --json",
                          tokenize_command::setup, tokenize_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
