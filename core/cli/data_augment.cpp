// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data_verbs.h"
#include "core/cli/display.h"
#include "core/data/augment.h"
#include "core/data/mixing.h"

namespace luthier::cli {

namespace {

struct Made {
    std::int64_t kept = 0;
    std::int64_t made = 0;
    std::int64_t bad = 0;
};

Result<void> augmentFile(const data::Dataset& dataset, const DataFlags& flags, Context& context, data::RowSink& sink, Made& made)
{
    const auto seed = static_cast<std::uint64_t>(flags.seed);
    auto sides = data::splitRows(dataset, {flags.heldOutShare, seed, {}}, walkOptions(dataset.path().string() + ": row", context));
    if (!sides) {
        return sides.error();
    }
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto side = (*sides)[static_cast<std::size_t>(row)];
        if (side == data::SplitSide::None) {
            ++made.bad;
            continue;
        }
        auto json = dataset.row(row);
        auto written = json ? sink.write(*json) : Result<void>(json.error());
        ++made.kept;
        // A row that will be held out may have no likeness among those that are learned.
        const bool changes = side == data::SplitSide::Train && json && !data::isSynthetic(*json);
        for (std::int64_t time = 0; changes && written && time < flags.times; ++time) {
            for (const auto& id : flags.ways) {
                auto changed = data::augmented(*data::findAugmentation(id), *json, row + 1,
                                               seed + static_cast<std::uint64_t>(time), flags.strength);
                if (changed && written) {
                    written = sink.write(*changed);
                    ++made.made;
                }
            }
        }
        if (!written) {
            return written;
        }
    }
    return {};
}

} // namespace

int augmentFiles(const DataFlags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto sink = sets ? data::RowSink::create(flags.out) : Result<data::RowSink>(sets.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    Made made;
    for (const auto& dataset : *sets) {
        if (auto done = augmentFile(*dataset, flags, context, *sink, made); !done) {
            return context.fail(done.message());
        }
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"rows", sink->count()}, {"kept", made.kept}, {"synthetic", made.made}, {"bad", made.bad}},
                counted(made.kept) + " rows and " + counted(made.made) + " made from them written to " + flags.out, context);
}

} // namespace luthier::cli
