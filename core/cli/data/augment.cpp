// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/augment.h"
#include "core/data/making/made_files.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace augment_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    std::vector<std::string> ways;
    std::int64_t times = 1;
    double strength = 0.1;
    double heldOutShare = 0;
    std::int64_t seed = 42;
};

void setup(CLI::App& app, Flags& flags)
{
    std::string help = "What to change:";
    for (const auto& way : data::augmentations()) {
        help += std::string(" ") + way.id;
    }
    addOut(app, flags.out, "All rows and those made from them (.jsonl)")->required();
    app.add_option("--way", flags.ways, help)->required()->check(CLI::IsMember(idsOf(data::augmentations())))->option_text("ID...");
    addTimes(app, flags.times);
    app.add_option("--strength", flags.strength, "How much noise, 0 to 1; usually 0.1")->check(CLI::Range(0.0, 1.0))->option_text("X");
    addHeldOutShare(app, flags.heldOutShare);
    addSeed(app, flags.seed);
}

data::AugmentSettings settingsOf(const Flags& flags)
{
    data::AugmentSettings settings{{}, flags.times, flags.heldOutShare, static_cast<std::uint64_t>(flags.seed)};
    for (const auto& id : flags.ways) {
        settings.ways.emplace_back(data::findAugmentation(id), flags.strength);
    }
    return settings;
}

int run(const Flags& flags, Context& context)
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
                base::amount(counts.kept, "row") + " and " + counted(counts.made) + " made from them written to " + flags.out, context);
}

} // namespace
} // namespace augment_verb

Command augmentVerb()
{
    return dataVerb("augment", "More rows that say the same in another form", augment_verb::setup, augment_verb::run);
}

} // namespace luthier::cli
