// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/left_behind.h"
#include "core/cli/data/project.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/made_files.h"

#include <CLI/App.hpp>

#include <filesystem>

namespace luthier::cli {

namespace split_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    double share = 0.1;
    std::string by;     // field to stratify by
    bool byTag = false; // or by the tags that the project knows
    std::int64_t seed = 42;
    std::string to;
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "rows.jsonl gives rows.train.jsonl and rows.held_out.jsonl")->required();
    app.add_option("--share", flags.share, "Of the rows that is held out; usually 0.1")->check(CLI::Range(0.0, 0.9))->option_text("X");
    auto* by = app.add_option("--by", flags.by, "Hold out this share of every value of a field")->option_text("FIELD");
    app.add_flag("--by-tag", flags.byTag, "Hold out this share of every tag that the rows have in --project")->excludes(by);
    addSeed(app, flags.seed);
    addTo(app, flags.to, "Write the rows in another shape");
}

// rows.jsonl -> rows.train.jsonl
std::string besideOf(const std::string& path, const char* part)
{
    const std::filesystem::path whole(path);
    return (whole.parent_path() / (whole.stem().string() + "." + part + whole.extension().string())).string();
}

// Those that are written, on either side.
std::vector<std::int64_t> rowsOn(const std::vector<data::SplitSide>& sides)
{
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < sides.size(); ++row) {
        if (sides[row] != data::SplitSide::None) {
            rows.push_back(static_cast<std::int64_t>(row));
        }
    }
    return rows;
}

// Rows with the same tags are one group.
Result<data::SplitSettings> settingsFor(const std::string& file, const Flags& flags)
{
    data::SplitSettings settings{flags.share, static_cast<std::uint64_t>(flags.seed), flags.by};
    if (!flags.byTag) {
        return settings;
    }
    auto project = openProject(flags, false);
    auto tags = project ? (*project)->tags(file) : Result<store::RowTags>(project.error());
    if (!tags) {
        return tags.error();
    }
    settings.stratum = data::stratumOfTags(std::move(*tags));
    return settings;
}

// `leftBehind`: as noteLeftBehind() has it.
Result<data::SplitCounts> writeHalves(const std::vector<std::shared_ptr<data::Dataset>>& sets, const Flags& flags, Context& context, Json& leftBehind)
{
    auto train = data::RowSink::create(besideOf(flags.out, "train"));
    auto heldOut = data::RowSink::create(besideOf(flags.out, "held_out"));
    if (!train || !heldOut) {
        return train ? heldOut.error() : train.error();
    }
    data::SplitCounts halves;
    for (const auto& dataset : sets) {
        auto settings = settingsFor(dataset->path().string(), flags);
        if (!settings) {
            return settings.error();
        }
        auto sides = data::splitRows(*dataset, *settings, walkOptions(dataset->path().string() + ": row", context));
        if (!sides) {
            return sides.error();
        }
        halves.left += data::countSides(*sides).left;
        data::WalkOptions options;
        options.cancel = context.cancel;
        auto written = data::addSides(
            *sides, [&](std::int64_t row) { return shapedRow(*dataset, row, flags.to); }, *train, *heldOut, options);
        if (!written) {
            return written.error();
        }
        noteLeftBehind(*dataset, rowsOn(*sides), flags.to, context.console, leftBehind);
    }
    auto done = train->commit();
    done = done ? heldOut->commit() : done;
    halves.train = train->count();
    halves.heldOut = heldOut->count();
    return done ? Result<data::SplitCounts>(halves) : done.error();
}

int run(const Flags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    Json leftBehind = Json::array();
    auto halves = sets ? writeHalves(*sets, flags, context, leftBehind) : Result<data::SplitCounts>(sets.error());
    if (!halves) {
        return context.fail(halves.message());
    }
    const std::string train = besideOf(flags.out, "train");
    const std::string heldOut = besideOf(flags.out, "held_out");
    return tell({{"rows", halves->train + halves->heldOut + halves->left},
                 {"bad", halves->left},
                 {"left_behind", std::move(leftBehind)},
                 {"train", {{"file", train}, {"rows", halves->train}}},
                 {"held_out", {{"file", heldOut}, {"rows", halves->heldOut}}}},
                base::amount(halves->train, "row") + " in " + train + ", " + counted(halves->heldOut) + " held out in " + heldOut
                    + (halves->left ? ", " + counted(halves->left) + " bad ones left out" : ""),
                context);
}

} // namespace
} // namespace split_verb

Command splitVerb()
{
    return dataVerb("split", "Hold some rows out, as training does", split_verb::setup, split_verb::run);
}

} // namespace luthier::cli
