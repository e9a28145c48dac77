// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/made_files.h"

namespace luthier::cli {

namespace {

data::AugmentSettings settingsOf(const DataFlags& flags)
{
    data::AugmentSettings settings{{}, flags.times, flags.heldOutShare, static_cast<std::uint64_t>(flags.seed)};
    for (const auto& id : flags.ways) {
        settings.ways.emplace_back(data::findAugmentation(id), flags.strength);
    }
    return settings;
}

} // namespace

int augmentFiles(const DataFlags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto sink = sets ? data::RowSink::create(flags.out) : Result<data::RowSink>(sets.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    data::AugmentCounts counts;
    for (const auto& dataset : *sets) {
        if (auto done = data::addAugmented(*dataset, settingsOf(flags), *sink, counts,
                                           walkOptions(dataset->path().string() + ": row", context));
            !done) {
            return context.fail(done.message());
        }
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"rows", sink->count()}, {"kept", counts.kept}, {"synthetic", counts.made}, {"bad", counts.left}},
                counted(counts.kept) + " rows and " + counted(counts.made) + " made from them written to " + flags.out, context);
}

} // namespace luthier::cli
