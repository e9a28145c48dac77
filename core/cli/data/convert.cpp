// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace {

struct Flags : DataFlags {
    std::string out;
    std::string to; // empty: as they are
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "The file to write: .jsonl, .csv, .tsv or .parquet")->required();
    addTo(app, flags.to, "Shape of the rows; usually they keep theirs");
}

int run(const Flags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto sink = sets ? data::RowSink::create(flags.out) : Result<data::RowSink>(sets.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    Json findings = Json::array();
    std::int64_t bad = 0;
    std::int64_t excluded = 0;
    for (const auto& dataset : *sets) {
        for (std::int64_t row = 0; row < dataset->rowCount() && !context.cancel.isCancelled(); ++row) {
            if (dataset->isExcluded(row)) {
                ++excluded;
                continue;
            }
            auto json = shapedRow(*dataset, row, flags.to);
            if (!json) {
                ++bad;
                findings.push_back({{"file", dataset->path().string()}, {"row", row + 1}, {"kind", "bad"}, {"sentence", json.message()}});
            } else if (auto written = sink->write(*json); !written) {
                return context.fail(written.message());
            }
        }
    }
    if (context.cancel.isCancelled() || sink->count() == 0) {
        return context.fail(context.cancel.isCancelled() ? "cancelled"
                            : bad == 0                    ? "every row is left out in the project; luthier data include takes rows in again"
                                                         : "no row could be written. The first: " + findings[0]["sentence"].get<std::string>());
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    if (bad > 0) {
        context.console.note(counted(bad) + " rows were left out. The first: " + findings[0]["sentence"].get<std::string>());
    }
    return tell({{"out", flags.out}, {"rows", sink->count() + bad + excluded}, {"good", sink->count()}, {"bad", bad}, {"excluded", excluded}, {"findings", std::move(findings)}},
                counted(sink->count()) + " rows written to " + flags.out, context);
}

} // namespace

Command convertVerb()
{
    return dataVerb("convert", "Another file format, another shape of rows", setup, run);
}

} // namespace luthier::cli
