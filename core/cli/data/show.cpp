// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/table.h"

#include <algorithm>

namespace luthier::cli {

namespace show_verb {
namespace {

struct Flags : DataFlags {
    std::int64_t first = 20;
};

void setup(CLI::App& app, Flags& flags)
{
    addFirst(app, flags.first);
}

void showRow(const data::Dataset& dataset, std::int64_t row, Table& table, Console& console)
{
    auto value = dataset.row(row - 1);
    auto example = value ? dataset.example(row - 1) : Result<data::Example>(value.error());
    if (console.isJson()) {
        Json line = {{"row", row}};
        if (value) {
            line["data"] = *value;
        }
        if (dataset.isExcluded(row - 1)) {
            line["excluded"] = true;
        }
        if (dataset.edit(row - 1)) {
            line["edited"] = true;
        }
        if (!example) {
            line["error"] = example.message();
        }
        console.line(line);
        return;
    }
    if (example) {
        table.add({std::to_string(row), data::promptOf(*example), data::answerOf(*example)});
    } else {
        table.add(
            {std::to_string(row), oneLine(cutTo(dataset.rawRow(row - 1), 200)), "bad: " + example.message()});
    }
}

int run(const Flags& flags, Context& context)
{
    for (const auto& file : flags.files) {
        auto dataset = openData(file, flags, context);
        if (!dataset) {
            return context.fail(dataset.message());
        }
        const auto count = (*dataset)->rowCount();
        const auto last = flags.first == 0 ? count : std::min(count, flags.first);
        Table table({{"row", false, true}, {"prompt", true}, {"answer", true}}, true);
        for (std::int64_t row = 1; row <= last && !context.cancel.isCancelled(); ++row) {
            showRow(**dataset, row, table, context.console);
        }
        if (!context.console.isJson()) {
            context.console.text(file + ": " + (*dataset)->format().label + ", " + base::amount(count, "row") + "\n"
                                 + table.toText(context.console.width()));
        }
    }
    return context.cancel.isCancelled() ? context.fail("cancelled") : kDone;
}

} // namespace
} // namespace show_verb

Command showVerb()
{
    return dataVerb("show", "Rows as they are read", show_verb::setup, show_verb::run);
}

} // namespace luthier::cli
