// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
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

// Rows of one kind: each is a finding, and the first is told.
struct Told {
    std::int64_t count = 0;
    std::string first;

    void add(const data::Dataset& dataset, std::int64_t row, std::string sentence, Json& findings)
    {
        first = count++ == 0 ? sentence : first;
        findings.push_back({{"file", dataset.path().string()}, {"row", row + 1}, {"kind", "bad"}, {"sentence", std::move(sentence)}});
    }
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
    Told bad;       // not written
    Told unlearned; // written as they stand, though they give no example
    std::int64_t excluded = 0;
    for (const auto& dataset : *sets) {
        const auto rows = chosenRows(flags, *dataset, context);
        if (!rows) {
            return context.fail(rows.message());
        }
        std::vector<std::int64_t> written;
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
                bad.add(*dataset, row, json.message(), findings);
            } else if (auto done = sink->write(*json); !done) {
                return context.fail(done.message());
            } else if (flags.to.empty()) {
                if (const auto example = dataset->example(row); !example) {
                    unlearned.add(*dataset, row, dataset->path().string() + ": " + example.message(), findings);
                }
            } else {
                written.push_back(row);
            }
        }
        noteLeftBehind(*dataset, written, flags.to, context.console, leftBehind);
    }
    if (context.cancel.isCancelled() || sink->count() == 0) {
        return context.fail(context.cancel.isCancelled() ? "cancelled"
                            : bad.count + excluded == 0  ? "no row is chosen"
                            : bad.count == 0             ? "every row is left out in the project; luthier data include takes rows in again"
                                                         : "no row could be written. The first: " + bad.first);
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    if (bad.count > 0) {
        context.console.warning(base::amount(bad.count, "row") + (bad.count == 1 ? " was" : " were") + " left out. The first: " + bad.first);
    }
    if (unlearned.count > 0) {
        context.console.warning(counted(unlearned.count)
                                + (unlearned.count == 1 ? " row gives no example and is written as it stands" : " rows give no example and are written as they stand")
                                + ". The first: " + unlearned.first);
    }
    return tell({{"out", flags.out},
                 {"rows", sink->count() + bad.count + excluded},
                 {"good", sink->count() - unlearned.count},
                 {"bad", bad.count + unlearned.count},
                 {"excluded", excluded},
                 {"left_behind", std::move(leftBehind)},
                 {"findings", std::move(findings)}},
                base::amount(sink->count(), "row") + " written to " + flags.out, context);
}

} // namespace
} // namespace convert_verb

Command convertVerb()
{
    return dataVerb("convert", "Another file format, another shape of rows", convert_verb::setup, convert_verb::run);
}

} // namespace luthier::cli
