// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data_verbs.h"
#include "core/cli/display.h"
#include "core/data/mixing.h"

#include <filesystem>

namespace luthier::cli {

namespace {

// rows.jsonl -> rows.train.jsonl
std::string besideOf(const std::string& path, const char* part)
{
    const std::filesystem::path whole(path);
    return (whole.parent_path() / (whole.stem().string() + "." + part + whole.extension().string())).string();
}

struct Halves {
    std::int64_t train = 0;
    std::int64_t heldOut = 0;
    std::int64_t left = 0;
};

Result<Halves> writeHalves(const std::vector<std::shared_ptr<data::Dataset>>& sets, const DataFlags& flags, Context& context)
{
    auto train = data::RowSink::create(besideOf(flags.out, "train"));
    auto heldOut = data::RowSink::create(besideOf(flags.out, "held_out"));
    if (!train || !heldOut) {
        return train ? heldOut.error() : train.error();
    }
    Halves halves;
    for (const auto& dataset : sets) {
        auto sides = data::splitRows(*dataset, {flags.share, static_cast<std::uint64_t>(flags.seed), flags.by},
                                     walkOptions(dataset->path().string() + ": row", context));
        if (!sides) {
            return sides.error();
        }
        for (std::int64_t row = 0; row < dataset->rowCount(); ++row) {
            const auto side = (*sides)[static_cast<std::size_t>(row)];
            if (side == data::SplitSide::None) {
                ++halves.left;
                continue;
            }
            auto json = shapedRow(*dataset, row, flags.to);
            auto written = !json                               ? Result<void>(json.error())
                           : side == data::SplitSide::HeldOut ? heldOut->write(*json)
                                                              : train->write(*json);
            if (!written) {
                return written.error();
            }
        }
    }
    auto done = train->commit();
    done = done ? heldOut->commit() : done;
    halves.train = train->count();
    halves.heldOut = heldOut->count();
    return done ? Result<Halves>(halves) : done.error();
}

} // namespace

int splitFiles(const DataFlags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto halves = sets ? writeHalves(*sets, flags, context) : Result<Halves>(sets.error());
    if (!halves) {
        return context.fail(halves.message());
    }
    const std::string train = besideOf(flags.out, "train");
    const std::string heldOut = besideOf(flags.out, "held_out");
    return tell({{"rows", halves->train + halves->heldOut + halves->left},
                 {"bad", halves->left},
                 {"train", {{"file", train}, {"rows", halves->train}}},
                 {"held_out", {{"file", heldOut}, {"rows", halves->heldOut}}}},
                counted(halves->train) + " rows in " + train + ", " + counted(halves->heldOut) + " held out in " + heldOut
                    + (halves->left ? ", " + counted(halves->left) + " bad ones left out" : ""),
                context);
}

} // namespace luthier::cli
