// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/data/making/generated_rows.h"
#include "core/inference/row_generation.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace generate_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    std::string model;
    std::vector<std::string> adapters;
    std::vector<std::string> ways;
    std::int64_t times = 1;
    std::int64_t maxNew = 256;
    double temperature = 0.8;
    double heldOutShare = 0;
    std::int64_t first = 20;
    std::int64_t seed = 42;
};

void setup(CLI::App& app, Flags& flags)
{
    std::string help = "What the model makes:";
    for (const auto& way : data::generationWays()) {
        help += std::string(" ") + way.id;
    }
    addOut(app, flags.out, "Where the rows wait for review (.jsonl)")->required();
    app.add_option("--model", flags.model, "Model folder")->required()->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter folder, DIR=0.7 to weigh it; may be repeated")->allow_extra_args(false)->option_text("DIR");
    app.add_option("--way", flags.ways, help)->required()->check(CLI::IsMember(idsOf(data::generationWays())))->option_text("ID...");
    addTimes(app, flags.times);
    app.add_option("--max-new", flags.maxNew, "Tokens of an answer; usually 256")->check(CLI::Range(1, 32768))->option_text("N");
    app.add_option("--temperature", flags.temperature, "How freely it words; usually 0.8")->check(CLI::Range(0.0, 5.0))->option_text("X");
    addHeldOutShare(app, flags.heldOutShare);
    addFirst(app, flags.first);
    addSeed(app, flags.seed);
}

inference::RowGeneration generationOf(const Flags& flags)
{
    inference::RowGeneration generation;
    for (const auto& id : flags.ways) {
        generation.ways.push_back(data::findGenerationWay(id));
    }
    generation.rows = flags.first;
    generation.times = flags.times;
    generation.maxNew = flags.maxNew;
    generation.temperature = flags.temperature;
    generation.heldOutShare = flags.heldOutShare;
    generation.seed = static_cast<std::uint64_t>(flags.seed);
    return generation;
}

// Nothing is made from rows that a split with this share and seed holds out, nor from made ones.
Result<void> generateFrom(const data::Dataset& dataset, inference::Session& session, const Flags& flags, Context& context,
                          data::RowSink& sink, inference::GenerationCounts& counts)
{
    const std::string path = dataset.path().string();
    const auto generation = generationOf(flags);
    const auto rows = inference::rowsToGenerateFrom(dataset, generation, walkOptions(path + ": row", context));
    if (!rows) {
        return rows.error();
    }
    const auto told = [&](std::int64_t row, std::int64_t, std::int64_t) {
        context.console.progress(path + ": row " + counted(row + 1) + " of " + counted(dataset.rowCount()));
    };
    auto made = inference::generateRows(session, dataset, *rows, generation, sink, counts, told, context.cancel);
    return made && context.cancel.isCancelled() ? Result<void>(Error{"cancelled"}) : made;
}

int run(const Flags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto session = sets ? inference::Session::open({flags.model, adaptersOf(flags.adapters), context.globals.deviceOrAuto(),
                                                    context.globals.dtypeOrAuto()})
                        : Result<std::shared_ptr<inference::Session>>(sets.error());
    auto sink = session ? data::RowSink::create(flags.out) : Result<data::RowSink>(session.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    inference::GenerationCounts count;
    for (const auto& dataset : *sets) {
        if (auto done = generateFrom(*dataset, **session, flags, context, *sink, count); !done) {
            return context.fail(done.message());
        }
    }
    if (count.refused > 0) {
        context.console.warning(counted(count.refused) + " times nothing came of it. The first: " + count.firstRefused);
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"made", count.made}, {"refused", count.refused}},
                base::amount(count.made, "row") + (count.made == 1 ? " waits" : " wait") + " for review in " + flags.out
                    + "; write accepted or rejected for pending there, then luthier data accept takes them",
                context);
}

} // namespace
} // namespace generate_verb

Command generateVerb()
{
    return withTensors(dataVerb("generate", "New rows made by a model, for review", generate_verb::setup, generate_verb::run));
}

} // namespace luthier::cli
