// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/display.h"
#include "core/cli/runs/measure_columns.h"
#include "core/cli/runs/recorded_trials.h"
#include "core/cli/table.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <memory>

namespace luthier::cli {

namespace shootout_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> methods;
    std::vector<std::string> settings;
    std::string out;
    std::string project;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("recipe", flags.recipe, "Recipe file; its method is replaced")->required()->option_text("RECIPE.json");
    app.add_option("--methods", flags.methods, "Ids of methods, the order is that of the queue")
        ->required()
        ->delimiter(',')
        ->option_text("lora,full,...");
    app.add_option("--set", flags.settings, "Change a setting of the recipe for all; may be repeated")
        ->allow_extra_args(false)
        ->option_text("KEY=VALUE");
    app.add_option("--out", flags.out, "Folder; each method's run lies in a folder of its name in it")->option_text("DIR");
    app.add_option("--project", flags.project, "Record the shoot-out in this project folder, each method as one of its runs")
        ->option_text("DIR");
}

// Events of the runs: only progress and warnings, the lines belong to the table.
class Progress : public train::RunObserver {
public:
    explicit Progress(Console& console) : m_console(console) {}
    std::string method;

    void onEvent(const train::Event& event) override
    {
        if (const auto* started = std::get_if<train::RunStarted>(&event)) {
            m_total = started->totalSteps;
        } else if (const auto* step = std::get_if<train::StepDone>(&event)) {
            m_console.progress(method + ": step " + counted(step->step) + "/" + counted(m_total) + "  loss " + fixed(step->loss, 3));
        } else if (const auto* stage = std::get_if<train::StageChanged>(&event)) {
            m_console.progress(method + ": " + oneLine(stage->stage));
        } else if (const auto* warning = std::get_if<train::Warning>(&event)) {
            m_console.warning(method + ": " + oneLine(warning->sentence));
        }
    }

private:
    Console& m_console;
    std::int64_t m_total = 0;
};

std::string tableOf(const std::vector<train::ShootoutRow>& rows, int width)
{
    std::vector<const measures::Summaries*> all;
    for (const train::ShootoutRow& row : rows) {
        all.push_back(&row.measures);
    }
    const MeasureColumns measured(all);
    std::vector<Column> columns{{"method"}, {"held-out loss", false, true}};
    measured.addTo(columns);
    columns.insert(columns.end(), {{"trained", false, true}, {"%", false, true}, {"peak memory", false, true}, {"minutes", false, true},
                                   {"size", false, true}, {"learning rate", false, true}, {"", true}});
    Table table(columns);
    for (const train::ShootoutRow& row : rows) {
        const bool finished = row.ended.outcome == train::Outcome::Finished;
        const auto heldOut = row.measures.heldOut();
        std::vector<std::string> cells{row.method, heldOut ? fixed(*heldOut, 4) : "-"};
        measured.addTo(cells, row.measures);
        cells.insert(cells.end(), {counted(row.trainedParameters), fixed(100 * row.trainedShare(), 3),
                                   row.peakMemoryBytes > 0 ? byteSize(static_cast<double>(row.peakMemoryBytes)) : "-",
                                   fixed(row.ended.seconds / 60, 2), row.resultBytes > 0 ? byteSize(static_cast<double>(row.resultBytes)) : "-",
                                   shortest(row.learningRate), finished ? "" : std::string(train::toText(row.ended.outcome)) + ": " + row.ended.sentence});
        table.add(std::move(cells));
    }
    return table.toText(width);
}

// Null where no project records them.
Result<std::unique_ptr<RecordedTrials>> trialsOf(const Flags& flags, const config::RunConfig& config, Console& console)
{
    if (flags.project.empty()) {
        return std::unique_ptr<RecordedTrials>();
    }
    auto project = store::Project::open(flags.project);
    if (!project) {
        return project.error();
    }
    return std::make_unique<RecordedTrials>(*project, config, flags.methods, flags.out, console);
}

Result<std::vector<train::ShootoutRow>> tryAll(const Flags& flags, const config::RunConfig& config, RecordedTrials* trials,
                                               train::StopControl& control, Console& console)
{
    Progress progress(console);
    progress.method = flags.methods.front();
    std::size_t done = 0;
    const auto onRow = [&](const train::ShootoutRow& row) {
        if (console.isJson()) {
            Json line = train::toJson(row);
            if (trials) {
                line["run"] = trials->runAt(done) > 0 ? Json(trials->runAt(done)) : Json();
            }
            console.line(line);
        }
        progress.method = ++done < flags.methods.size() ? flags.methods[done] : "";
    };
    if (!trials) {
        return train::shootout(config, flags.methods, flags.out, control, &progress, onRow);
    }
    const train::Trial trial = [&](std::size_t at, const config::RunConfig& changed, train::RunObserver& observer) {
        return trials->tryMethod(at, changed, control, observer);
    };
    return train::shootout(config, flags.methods, trial, control, &progress, onRow);
}

int run(const Flags& flags, Context& context)
{
    if (flags.out.empty() && flags.project.empty()) {
        context.console.error("say where the runs go: --out DIR, or --project DIR (see luthier shootout --help)");
        return kWrongUsage;
    }
    auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    if (!config) {
        return context.fail(config.message());
    }
    const auto trials = trialsOf(flags, *config, context.console);
    if (!trials) {
        return context.fail(trials.message());
    }
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); }, kRunIsKept);
    const auto rows = tryAll(flags, *config, trials->get(), control, context.console);
    context.console.endProgress();
    if (!rows) {
        return context.fail(rows.message());
    }
    if (!context.console.isJson()) {
        context.console.text(tableOf(*rows, context.console.width()));
    }
    const bool any = std::any_of(rows->begin(), rows->end(),
                                 [](const auto& row) { return row.ended.outcome == train::Outcome::Finished; });
    return control.stopRequested() ? kInterrupted : any ? kDone : context.fail("no method finished: " + rows->front().ended.sentence);
}

} // namespace
} // namespace shootout_command

Command shootoutCommand()
{
    return command<shootout_command::Flags>("shootout", "The same data by several methods, one after the other, in one table",
                          "luthier shootout recipe.json --methods lora,full,ia3 --out shootout\n"
                          "luthier shootout recipe.json --methods lora,prompt --set epochs=1 --out shootout --json\n"
                          "luthier shootout recipe.json --methods lora,ia3 --project ~/tunes",
                          shootout_command::setup, shootout_command::run);
}

} // namespace luthier::cli
