// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/inference/row_generation.h"

namespace luthier::cli {

namespace {

inference::RowGeneration generationOf(const DataFlags& flags)
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
Result<void> generateFrom(const data::Dataset& dataset, inference::Session& session, const DataFlags& flags, Context& context,
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

} // namespace

int generateRows(const DataFlags& flags, Context& context)
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
        context.console.note(counted(count.refused) + " times nothing came of it. The first: " + count.firstRefused);
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"made", count.made}, {"refused", count.refused}},
                counted(count.made) + " rows wait for review in " + flags.out
                    + "; write accepted or rejected for pending there, then luthier data accept takes them",
                context);
}

int acceptRows(const DataFlags& flags, Context& context)
{
    auto sink = data::RowSink::create(flags.out);
    if (!sink) {
        return context.fail(sink.message());
    }
    std::int64_t lines = 0;
    for (const auto& file : flags.files) {
        auto done = forEachRow(
            file,
            [&](std::int64_t, const Json& line) -> Result<void> {
                ++lines;
                auto row = data::acceptedRow(line, flags.all);
                return !row ? Result<void>(row.error()) : row->is_null() ? Result<void>() : sink->write(*row);
            },
            context.cancel);
        if (!done || context.cancel.isCancelled()) {
            return context.fail(done ? "cancelled" : done.message());
        }
    }
    if (sink->count() == 0) {
        return context.fail("none of " + counted(lines) + " rows is accepted; write \"review\":\"accepted\" where a row is good, or give --all");
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"rows", lines}, {"accepted", sink->count()}},
                counted(sink->count()) + " of " + counted(lines) + " rows written to " + flags.out, context);
}

} // namespace luthier::cli
