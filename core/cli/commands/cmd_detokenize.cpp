// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"

#include <CLI/App.hpp>

#include <optional>

namespace luthier::cli {

namespace detokenize_command {
namespace {

struct Flags {
    std::string model;
    std::optional<std::string> ids;
    std::string file;
    bool skipSpecial = false;
    bool pieces = false;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Model folder; its tokenizer files are enough")
        ->required()
        ->option_text("DIR");
    auto* ids = app.add_option("--ids", flags.ids, "Token ids")->option_text("1,2,3");
    auto* file = app.add_option("--file", flags.file, "Rows of {\"ids\":[...]}")->option_text("FILE.jsonl");
    requireOne(app, {ids, file});
    app.add_flag("--skip-special", flags.skipSpecial, "Leave special tokens out");
    app.add_flag("--pieces", flags.pieces, "Also what a streaming reader shows after each id and at the end");
}

void print(const std::shared_ptr<const text::Tokenizer>& tokenizer, const std::vector<text::TokenId>& ids,
           const Flags& flags, Console& console)
{
    const auto text = tokenizer->decode(ids, flags.skipSpecial);
    Json line = {{"text", text}};
    std::string shown = harmless(text);
    if (flags.pieces) {
        text::StreamDecoder decoder(tokenizer, flags.skipSpecial);
        Json pieces = Json::array();
        for (const auto id : ids) {
            pieces.push_back(decoder.push(id));
        }
        pieces.push_back(decoder.finish());
        for (const Json& piece : pieces) {
            shown += "\n  " + base::dumpJson(piece);
        }
        line["pieces"] = std::move(pieces);
    }
    if (console.isJson()) {
        console.line(line);
    } else {
        console.text(shown);
    }
}

int run(const Flags& flags, Context& context)
{
    auto tokenizer = text::loadTokenizer(flags.model);
    if (!tokenizer) {
        return context.fail(tokenizer.message());
    }
    if (flags.ids) {
        auto ids = parseIds(*flags.ids);
        if (!ids) {
            return context.fail("--ids: " + ids.message());
        }
        print(*tokenizer, *ids, flags, context.console);
        return kDone;
    }
    auto done = forEachRow(
        flags.file,
        [&](std::int64_t, const Json& row) -> Result<void> {
            auto ids = idsOf(row.is_object() && row.contains("ids") ? row["ids"] : Json());
            if (!ids) {
                return ids.error();
            }
            print(*tokenizer, *ids, flags, context.console);
            return {};
        },
        context.cancel);
    if (!done || context.cancel.isCancelled()) {
        return context.fail(done ? "cancelled" : done.message());
    }
    return kDone;
}

} // namespace
} // namespace detokenize_command

Command detokenizeCommand()
{
    return command<detokenize_command::Flags>("detokenize", "Join tokens into text",
                          "luthier detokenize --model MODEL --ids 1,306,4658\n"
                          "luthier detokenize --model MODEL --file ids.jsonl --skip-special --json",
                          detokenize_command::setup, detokenize_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
