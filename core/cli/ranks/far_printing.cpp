// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/ranks/far_printing.h"

#include "core/base/json.h"
#include "core/cli/display.h"
#include "core/cli/run_printer.h"
#include "core/cli/tune_run.h"
#include "core/store/event_codec.h"
#include "core/store/recorder.h"

#include <memory>
#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

// The project's run that lies in `out`: made at the first follow, found again later.
Result<TuneRun> recordedIn(const std::string& project, const fs::path& out)
{
    auto opened = store::Project::open(project);
    if (!opened) {
        return opened.error();
    }
    auto runs = (*opened)->runs();
    if (!runs) {
        return runs.error();
    }
    std::error_code code;
    for (const auto& row : *runs) {
        if (fs::equivalent(row.folder, out, code)) {
            TuneRun run;
            run.project = *opened;
            run.id = row.id;
            const auto marked = run.project->markRunning(run.id);
            return marked ? Result<TuneRun>(std::move(run)) : Result<TuneRun>(marked.error());
        }
    }
    auto config = config::readRecipe(out / "asked.json");
    return config ? recordedRun(std::move(*config), *opened, out) : Result<TuneRun>(config.error());
}

} // namespace

int followAndTell(const fs::path& out, const std::string& project, Context& context)
{
    RunPrinter printer(context.console);
    std::optional<train::RunEnded> ended;
    std::unique_ptr<store::Recorder> recorder;
    if (!project.empty()) {
        auto run = recordedIn(project, out);
        if (!run) {
            return context.fail(run.message());
        }
        recorder = std::make_unique<store::Recorder>(run->project, run->id, [&](const std::string& problem) { context.console.warning("Recording: " + oneLine(problem)); });
    }
    const auto onEvent = [&](const Json& json) {
        const auto event = store::eventFromJson(json);
        if (!event) {
            context.console.warning("An event of the run was not understood: " + oneLine(event.message()));
            return;
        }
        printer.onEvent(*event);
        if (recorder) {
            recorder->onEvent(*event);
        }
        if (const auto* end = std::get_if<train::RunEnded>(&*event)) {
            ended = *end;
        }
    };
    const auto followed = remote::followFar(out, {onEvent, [&](const std::string& sentence) { context.console.warning(oneLine(sentence)); }, context.cancel});
    context.console.endProgress();
    if (!followed && followed.message() == "cancelled") {
        context.console.note("The run goes on; luthier remote follow " + out.string() + " looks again, luthier remote stop " + out.string() + " stops it.");
        return kInterrupted;
    }
    if (!followed) {
        return context.fail(followed.message());
    }
    if (ended && ended->outcome != train::Outcome::Failed) {
        printSummary(*ended, printer, context);
        return followed->code == kDone ? kDone : kInterrupted;
    }
    if (followed->code == kDone) {
        return kDone; // its end was told before
    }
    return context.fail(ended ? ended->sentence : followed->sentence);
}

} // namespace luthier::cli
