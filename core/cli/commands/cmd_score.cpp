// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/number_json.h"
#include "core/cli/adapter_notes.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"

#include <CLI/App.hpp>

#include <cmath>
#include <optional>

namespace luthier::cli {

namespace score_command {
namespace {

struct Flags {
    std::string model;
    std::vector<std::string> adapters;
    std::optional<std::string> text;
    std::optional<std::string> ids;
    std::string file;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Model folder")->required()->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter folder, DIR=0.7 to weigh it; may be repeated")
        ->allow_extra_args(false)
        ->option_text("DIR");
    auto* text = app.add_option("--text", flags.text, "Text to score")->option_text("TEXT");
    auto* ids = app.add_option("--ids", flags.ids, "Token ids to score")->option_text("1,2,3");
    auto* file = app.add_option("--file", flags.file, "Rows of {\"text\":...} or {\"ids\":[...]}")
                     ->option_text("FILE.jsonl");
    requireOne(app, {text, ids, file});
}

// exp of minus the mean over what was predicted; NaN (null in JSON) when that is nothing.
double perplexityOf(const std::vector<double>& logprobs)
{
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 1; i < logprobs.size(); ++i) {
        sum += logprobs[i];
        ++count;
    }
    return count ? std::exp(-sum / static_cast<double>(count)) : std::nan("");
}

Result<void> scoreIds(inference::Session& session, const std::vector<text::TokenId>& ids, Console& console)
{
    auto logprobs = session.score(ids);
    if (!logprobs) {
        return logprobs.error();
    }
    const double perplexity = perplexityOf(*logprobs);
    if (console.isJson()) {
        Json values = Json::array();
        for (const double value : *logprobs) {
            values.push_back(base::numberJson(value));
        }
        console.line({{"ids", toJson(ids)},
                      {"logprobs", std::move(values)},
                      {"perplexity", base::numberJson(perplexity)}});
        return {};
    }
    Table table({{"token"}, {"id", false, true}, {"ln p", false, true}});
    for (std::size_t i = 0; i < ids.size(); ++i) {
        table.add({oneLine(session.encoder().tokenizer->piece(ids[i])), std::to_string(ids[i]),
                   std::isfinite((*logprobs)[i]) ? fixed((*logprobs)[i], 4) : "-"});
    }
    console.text(table.toText(console.width()) + "\nperplexity " + fixed(perplexity, 4));
    return {};
}

Result<void> scoreRow(inference::Session& session, const Json& row, Console& console)
{
    const bool object = row.is_object();
    if (object && row.contains("text") && row["text"].is_string()) {
        return scoreIds(session, session.encoder().tokenizer->ids(row["text"].get<std::string>()), console);
    }
    if (!object || !row.contains("ids")) {
        return Error{"\"text\" or \"ids\" is missing"};
    }
    auto ids = idsOf(row["ids"]);
    return ids ? scoreIds(session, *ids, console) : Result<void>(ids.error());
}

Result<void> scoreAll(inference::Session& session, const Flags& flags, Context& context)
{
    if (flags.text) {
        return scoreIds(session, session.encoder().tokenizer->ids(*flags.text), context.console);
    }
    if (flags.ids) {
        auto ids = parseIds(*flags.ids);
        return ids ? scoreIds(session, *ids, context.console) : Result<void>(ids.error());
    }
    return forEachRow(
        flags.file, [&](std::int64_t, const Json& row) { return scoreRow(session, row, context.console); },
        context.cancel);
}

int run(const Flags& flags, Context& context)
{
    const auto adapters = adaptersOf(flags.adapters);
    auto session = inference::Session::open({flags.model, adapters,
                                             context.globals.deviceOrAuto(), context.globals.dtypeOrAuto()});
    if (!session) {
        return context.fail(session.message());
    }
    noteAdapters(adapters, context.console);
    auto done = scoreAll(**session, flags, context);
    if (!done || context.cancel.isCancelled()) {
        return context.fail(done ? "cancelled" : done.message());
    }
    return kDone;
}

} // namespace
} // namespace score_command

Command scoreCommand()
{
    return command<score_command::Flags>(
        "score", "How likely a model finds a text, token by token",
        "luthier score --model MODEL --text \"Mira sells fish.\"\n"
        "luthier score --model MODEL --adapter runs/first/adapter --file texts.jsonl --json",
        score_command::setup, score_command::run);
}

} // namespace luthier::cli
