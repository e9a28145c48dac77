// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/tune_run.h"

#include "core/cli/display.h"
#include "core/report/event_logs.h"
#include "core/cli/ranks/queue_again.h"
#include "core/config/named_paths.h"
#include "core/config/usual_rate.h"
#include "core/ranks/team.h"
#include "core/store/recorder.h"
#include "core/store/runs/run_names.h"
#include "core/train/control/control_file.h"
#include "core/train/fanout.h"
#include "core/train/plan/run_rows_file.h"

#include <optional>
#include <utility>

#include <algorithm>

namespace luthier::cli {

namespace fs = std::filesystem;

Result<void> applySettings(config::RunConfig& config, const std::vector<std::string>& settings)
{
    for (const auto& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos) {
            return Error{"--set " + setting
                         + ": write it as key=value, for example --set learning_rate=1e-3"};
        }
        auto done = config::setByKey(config, setting.substr(0, equals), setting.substr(equals + 1));
        if (!done) {
            return done;
        }
    }
    return {};
}

namespace {

// Whether the recipe or a setting on the command line says how fast is learned.
bool namesRate(const fs::path& recipe, const std::vector<std::string>& settings)
{
    const auto json = base::readJson(recipe);
    const bool isInRecipe = json && json->is_object() && json->contains("optimizer") && (*json)["optimizer"].is_object() && (*json)["optimizer"].contains("learning_rate");
    return isInRecipe || std::any_of(settings.begin(), settings.end(), [](const std::string& setting) {
               return setting.starts_with("optimizer.learning_rate=") || setting.starts_with("learning_rate=");
           });
}

} // namespace

Result<config::RunConfig> readTuneConfig(const fs::path& recipe, const std::vector<std::string>& settings,
                                         const Globals& globals)
{
    auto config = config::readRecipe(recipe);
    if (!config) {
        return config.error();
    }
    if (auto done = applySettings(*config, settings); !done) {
        return done.error();
    }
    if (!namesRate(recipe, settings)) {
        config->optimizer.learningRate = config::usualRate(config->method.kind, config->objective.kind);
    }
    config::eachPath(*config, [](std::string& path) { path = fs::absolute(path).lexically_normal().string(); });
    applyGlobals(*config, globals);
    return config;
}

void applyGlobals(config::RunConfig& config, const Globals& globals)
{
    if (!globals.device.empty()) {
        config.model.device = globals.device;
    }
    if (!globals.dtype.empty()) {
        config.model.dtype = globals.dtype;
    }
    if (globals.threads > 0) {
        config.run.threads = globals.threads;
    }
}

Result<void> checkRules(const config::RunConfig& config)
{
    const auto broken = config::brokenRules(config);
    if (broken.empty()) {
        return {};
    }
    std::string keys;
    for (const auto& key : broken.front().keys) {
        keys += (keys.empty() ? "" : ", ") + key;
    }
    return Error{keys + ": " + broken.front().sentence};
}

Result<train::RunRows> rowsLeft(const std::string& file, store::Project* project, const config::DataSettings& data)
{
    return file.empty() ? store::runRows(project, data) : train::readRunRows(file);
}

Result<TuneRun> recordedRun(config::RunConfig config, std::shared_ptr<store::Project> project,
                            const fs::path& out)
{
    config.run.name = store::ownRunName(*project, config);
    auto rows = store::runRows(project.get(), config.data); // first: a run whose rows cannot be read is not made
    auto row = rows ? project->createRun(config.run.name, config::toJson(config)) : Result<store::RunRow>(rows.error());
    if (!row) {
        return row.error();
    }
    TuneRun run{std::move(config), row->folder, std::move(*rows), false, std::move(project), row->id};
    if (!out.empty()) {
        std::error_code code;
        run.folder = fs::absolute(out).lexically_normal();
        fs::create_directories(run.folder, code);
        fs::remove(row->folder, code);
        fs::create_directory_symlink(run.folder, row->folder, code);
        if (code) {
            return Error{row->folder + ": cannot point to " + run.folder.string() + ": " + code.message()
                         + "; leave --out away and the run lies in the project"};
        }
    }
    return run;
}

Result<TuneRun> resumedRun(std::shared_ptr<store::Project> project, store::RunId id)
{
    const auto row = project->run(id);
    auto config = row ? config::fromJson(row->recipe) : Result<config::RunConfig>(row.error());
    auto rows = config ? store::runRows(project.get(), config->data) : Result<train::RunRows>(config.error());
    const auto marked = rows ? project->markRunning(id) : Result<void>(rows.error());
    if (!marked) {
        return marked.error();
    }
    return TuneRun{std::move(*config), row->folder, std::move(*rows), true, std::move(project), id};
}

train::RunEnded runToEnd(const TuneRun& run, RunPrinter& printer, Context& context)
{
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); }, kRunIsKept);
    return runToEnd(run, printer, control, context.console);
}

static train::RunEnded recorded(const TuneRun& run, train::RunObserver& observer, train::StopControl& control, Console& console)
{
    train::RunInputs inputs{run.folder, run.rows, run.resume};
    inputs.team = run.team;
    inputs.fromStep = run.fromStep;
    std::optional<train::ControlWatch> watch; // of what luthier runs hold, go, park and stop ask
    if (run.leads()) {
        watch.emplace(run.folder, control);
    }
    if (!run.project || !run.leads()) {
        return train::run(run.config, inputs, control, observer);
    }
    store::Recorder recorder(run.project, run.id, [&console](const std::string& problem) {
        console.warning("Recording: " + oneLine(problem));
    });
    train::Fanout observers{&observer, &recorder};
    return train::run(run.config, inputs, control, observers);
}

train::RunEnded runToEnd(const TuneRun& run, train::RunObserver& observer, train::StopControl& control, Console& console)
{
    if (!run.leads() || (run.tensorBoard.empty() && run.jsonLines.empty())) {
        return recorded(run, observer, control, console);
    }
    report::EventLogs logs;
    if (const auto opened = logs.open(run.tensorBoard, run.jsonLines); !opened) {
        console.warning("Logs: " + oneLine(opened.message()));
    }
    train::Fanout both{&observer, &logs};
    auto ended = recorded(run, both, control, console);
    if (const auto closed = logs.close(); !closed) {
        console.warning("Logs: " + oneLine(closed.message()));
    }
    return ended;
}

bool TuneRun::leads() const
{
    return !team || team->leads();
}

int trainAndTell(const TuneRun& run, Context& context)
{
    RunPrinter printer(context.console);
    printer.setMeasured(run.measured);
    const auto ended = runToEnd(run, printer, context);
    if (!run.leads()) {
        const bool queuesAgain = ended.outcome == train::Outcome::Stopped && asksToBeQueuedAgain();
        return ended.outcome == train::Outcome::Failed ? context.fail(ended.sentence) : queuesAgain ? kQueueAgain : kDone;
    }
    printSummary(ended, printer, context);
    return codeOf(run, ended, context);
}

int codeOf(const TuneRun& run, const train::RunEnded& ended, Context& context)
{
    if (ended.outcome == train::Outcome::Failed) {
        return context.fail(ended.sentence);
    }
    if (ended.outcome == train::Outcome::Parked) {
        context.console.note("Parked. Go on with: luthier resume " + run.folder.string());
        return kDone;
    }
    if (ended.outcome == train::Outcome::Stopped) {
        context.console.note("Go on with: luthier resume " + run.folder.string());
        return context.console.isClosed() ? kFailed : asksToBeQueuedAgain() ? kQueueAgain : kInterrupted;
    }
    return kDone;
}

void printSummary(const train::RunEnded& ended, const RunPrinter& printer, Context& context)
{
    if (context.console.isJson() || ended.outcome == train::Outcome::Failed) {
        return;
    }
    std::string text = ended.outcome == train::Outcome::Finished ? "Finished" : ended.outcome == train::Outcome::Parked ? "Parked" : "Stopped";
    text += " after " + counted(ended.step) + (ended.step == 1 ? " step in " : " steps in ")
            + duration(ended.seconds);
    for (const measures::Summary& summary : printer.measures()) {
        if (summary.set != measures::kStepSet) {
            const bool isOnce = summary.lastStep <= summary.firstStep; // has not changed
            text += "; " + oneLine(measures::nameOf(*summary.measure, summary.set)) + " "
                    + (isOnce ? "" : measures::textOf(*summary.measure, summary.first) + " -> ") + measures::textOf(*summary.measure, summary.last);
        }
    }
    context.console.text(text + ".");
    if (!ended.adapter.empty()) {
        context.console.text("The result lies in " + ended.adapter);
    }
    if (ended.best && ended.best->path != ended.adapter) {
        context.console.text("The held-out loss was lowest after step " + counted(ended.best->step) + " (" + fixed(ended.best->heldOut, 4)
                             + "); that state lies in " + ended.best->path);
    }
}

} // namespace luthier::cli
