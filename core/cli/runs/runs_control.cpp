// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs of `luthier runs` that ask something of a run at work, in whatever process: hold, go, park, stop, keep.
#include "core/cli/runs/runs_verbs.h"

#include "core/cli/run_project.h"
#include "core/train/control/control_file.h"

namespace luthier::cli {

namespace {

int asked(const RunsFlags& flags, ProjectPointer project, Context& context, std::vector<Json> requests, const char* what)
{
    auto row = findRun(*project, flags.arguments.front());
    if (!row) {
        return context.fail(row.message());
    }
    if (row->state != "running") {
        return context.fail("run " + std::to_string(row->id) + " is not at work (" + row->state + "), so there is nothing to ask of it");
    }
    for (const std::string& prompt : flags.prompts) {
        requests.push_back({{"do", "try"}, {"prompt", prompt}});
    }
    if (flags.rate > 0) {
        requests.push_back({{"do", "rate"}, {"learning_rate", flags.rate}});
    }
    if (auto done = train::askRun(row->folder, requests); !done) {
        return context.fail(done.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"id", row->id}, {"asked", what}});
    } else {
        context.console.text("Run " + std::to_string(row->id) + " was asked to " + what + "; what comes of it stands in its events.");
    }
    return kDone;
}

} // namespace

int holdRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    return asked(flags, std::move(project), context, {{{"do", "hold"}}}, "hold");
}

int goOnWithRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    return asked(flags, std::move(project), context, {{{"do", "go"}}}, "go on");
}

int parkRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    return asked(flags, std::move(project), context, {{{"do", "park"}}}, "park");
}

int stopRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    return asked(flags, std::move(project), context, {{{"do", "stop"}}}, "stop");
}

int keepRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    return asked(flags, std::move(project), context, {{{"do", "keep"}}}, "stop and keep its result");
}

} // namespace luthier::cli
