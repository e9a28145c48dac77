// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/files.h"
#include "core/cli/data/left_behind.h"
#include "core/cli/data/project.h"
#include "core/cli/data/row_choice.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/store/data_files.h"

#include <CLI/App.hpp>

#include <numeric>

namespace luthier::cli {

namespace convert_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    std::string to; // empty: as they are
    RowChoice choice; // empty: every row
};

// From 0, of one of the files. Tags are those of the project.
Result<std::vector<std::int64_t>> chosenRows(const Flags& flags, const data::Dataset& dataset, Context& context)
{
    std::vector<std::int64_t> rows(static_cast<std::size_t>(dataset.rowCount()));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    if (flags.choice.isEmpty()) {
        return rows;
    }
    store::RowTags tags;
    if (!flags.choice.tagged.empty()) {
        auto project = openProject(flags, false);
        auto known = project ? (*project)->tags(store::dataFileKey(dataset.path().string())) : Result<store::RowTags>(project.error());
        if (!known) {
            return known.error();
        }
        tags = std::move(*known);
    }
    return chooseRows(flags.choice, dataset, tags, context);
}

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "The file to write: .jsonl, .csv, .tsv or .parquet")->required();
    addTo(app, flags.to, "Shape of the rows; usually they keep theirs");
    addRowChoice(app, flags.choice);
}

int run(const Flags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto sink = sets ? data::RowSink::create(flags.out) : Result<data::RowSink>(sets.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    Json findings = Json::array();
    Json leftBehind = Json::array();
    std::int64_t bad = 0;
    std::int64_t unlearned = 0; // written as they stand, though they give no example
    std::int64_t excluded = 0;
    for (const auto& dataset : *sets) {
        const auto rows = chosenRows(flags, *dataset, context);
        if (!rows) {
            return context.fail(rows.message());
        }
        data::FieldCensus written;
        for (const std::int64_t row : *rows) {
            if (context.cancel.isCancelled()) {
                break;
            }
            if (dataset->isExcluded(row)) {
                ++excluded;
                continue;
            }
            auto json = shapedRow(*dataset, row, flags.to);
            if (!json) {
                ++bad;
                findings.push_back({{"file", dataset->path().string()}, {"row", row + 1}, {"kind", "bad"}, {"sentence", json.message()}});
            } else if (auto done = sink->write(*json); !done) {
                return context.fail(done.message());
            } else if (auto example = flags.to.empty() ? dataset->example(row) : Result<data::Example>(data::Example{}); !example) {
                ++unlearned;
                findings.push_back({{"file", dataset->path().string()}, {"row", row + 1}, {"kind", "bad"}, {"sentence", dataset->path().string() + ": " + example.message()}});
            } else if (const auto source = dataset->row(row)) {
                written.add(row, *source);
            }
        }
        const Json left = noteLeftBehind(*dataset, written, flags.to, context.console);
        leftBehind.insert(leftBehind.end(), left.begin(), left.end());
    }
    if (context.cancel.isCancelled() || sink->count() == 0) {
        return context.fail(context.cancel.isCancelled() ? "cancelled"
                            : bad + excluded == 0         ? "no row is chosen"
                            : bad == 0                    ? "every row is left out in the project; luthier data include takes rows in again"
                                                         : "no row could be written. The first: " + findings[0]["sentence"].get<std::string>());
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    if (bad > 0) {
        context.console.warning(counted(bad) + " rows were left out. The first: " + findings[0]["sentence"].get<std::string>());
    }
    if (unlearned > 0) {
        context.console.warning(counted(unlearned) + (unlearned == 1 ? " row gives no example and is written as it stands" : " rows give no example and are written as they stand")
                                + ". The first: " + findings[0]["sentence"].get<std::string>());
    }
    return tell({{"out", flags.out}, {"rows", sink->count() + bad + excluded}, {"good", sink->count() - unlearned}, {"bad", bad + unlearned}, {"excluded", excluded}, {"left_behind", std::move(leftBehind)}, {"findings", std::move(findings)}},
                counted(sink->count()) + " rows written to " + flags.out, context);
}

} // namespace
} // namespace convert_verb

Command convertVerb()
{
    return dataVerb("convert", "Another file format, another shape of rows", convert_verb::setup, convert_verb::run);
}

} // namespace luthier::cli
