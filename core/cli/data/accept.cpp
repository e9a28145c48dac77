// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/data/making/generated_rows.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace accept_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    bool all = false; // accept what was not rejected
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "The accepted rows")->required();
    app.add_flag("--all", flags.all, "Also what nobody reviewed");
}

int run(const Flags& flags, Context& context)
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
        return context.fail("none of " + base::amount(lines, "row") + " is accepted; write \"review\":\"accepted\" where a row is good, or give --all");
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"rows", lines}, {"accepted", sink->count()}},
                counted(sink->count()) + " of " + base::amount(lines, "row") + " written to " + flags.out, context);
}

} // namespace
} // namespace accept_verb

Command acceptVerb()
{
    return dataVerb("accept", "The accepted rows of a review file", accept_verb::setup, accept_verb::run);
}

} // namespace luthier::cli
