// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/runs/recorded_trials.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/train/plan/run_plan.h"
#include "core/train/trials/rate_finder.h"
#include "core/train/trials/sweep.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <memory>

namespace luthier::cli {

namespace sweep_command {
namespace {

struct Flags {
    std::string recipe;
    std::vector<std::string> settings;
    std::vector<std::string> over;
    std::string list;
    std::string how = "grid";
    std::int64_t trials = 9;
    std::int64_t seed = 42;
    std::int64_t firstSteps = 0;
    std::int64_t keepOne = 3;
    std::string out;
    std::string project;
};

void addRecipe(CLI::App& app, std::string& recipe, std::vector<std::string>& settings)
{
    app.add_option("recipe", recipe, "Recipe file")->required()->option_text("RECIPE.json");
    app.add_option("--set", settings, "Change a setting of the recipe; may be repeated")->allow_extra_args(false)->option_text("KEY=VALUE");
}

void setup(CLI::App& app, Flags& flags)
{
    addRecipe(app, flags.recipe, flags.settings);
    app.add_option("--over", flags.over, "A setting and what to try: KEY=1,2,3, or for random draws KEY=LOW..HIGH; may be repeated")
        ->allow_extra_args(false)
        ->option_text("KEY=VALUES");
    app.add_option("--list", flags.list, "Trials by name: rows of {\"part.key\":value,...}, one a trial")->option_text("FILE.jsonl");
    app.add_option("--how", flags.how, "grid: every combination; random: --trials draws; halving: many for few steps, the best go on")
        ->check(CLI::IsMember({"grid", "random", "halving"}))
        ->option_text("grid");
    app.add_option("--trials", flags.trials, "Draws of random and halving")->check(CLI::Range(1, 1000))->option_text("9");
    app.add_option("--keep-one-of", flags.keepOne, "Of halving: one of so many goes into the next round")->check(CLI::Range(2, 100))->option_text("3");
    app.add_option("--first-steps", flags.firstSteps, "Of halving: steps of the first round; 0: so that the last is the recipe's")->check(CLI::NonNegativeNumber)->option_text("0");
    app.add_option("--seed", flags.seed, "Of the draws")->option_text("42");
    app.add_option("--out", flags.out, "Folder; each trial's run lies in a folder of its number in it")->option_text("DIR");
    app.add_option("--project", flags.project, "Record the sweep in this project folder, each trial as one of its runs")->option_text("DIR");
}

class Progress : public train::RunObserver {
public:
    explicit Progress(Console& console) : m_console(console) {}
    std::string trial;

    void onEvent(const train::Event& event) override
    {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            m_console.progress(trial + ": step " + counted(step->step) + "  loss " + fixed(step->loss, 3));
        }
    }

private:
    Console& m_console;
};

Result<train::SweepSpec> specOf(const Flags& flags)
{
    train::SweepSpec spec;
    spec.kind = !flags.list.empty()       ? train::SweepKind::List
                : flags.how == "random"  ? train::SweepKind::Random
                : flags.how == "halving" ? train::SweepKind::Halving
                                         : train::SweepKind::Grid;
    spec.trials = flags.trials;
    spec.seed = static_cast<std::uint64_t>(flags.seed);
    spec.firstSteps = flags.firstSteps;
    spec.keepOne = flags.keepOne;
    for (const std::string& text : flags.over) {
        auto axis = train::parseAxis(text);
        if (!axis) {
            return axis.error();
        }
        spec.axes.push_back(std::move(*axis));
    }
    if (!flags.list.empty()) {
        auto read = forEachRow(flags.list, [&](std::int64_t row, const Json& value) -> Result<void> {
            if (!value.is_object()) {
                return Error{"row " + std::to_string(row) + " is no object of settings"};
            }
            auto& trial = spec.list.emplace_back();
            for (const auto& [key, setting] : value.items()) {
                trial.emplace_back(key, setting.is_string() ? setting.get<std::string>() : base::dumpJson(setting));
            }
            return {};
        });
        if (!read) {
            return read.error();
        }
    }
    return spec;
}

std::string tableOf(std::vector<train::ShootoutRow> rows, int width)
{
    std::vector<Column> columns{{"trial", false, true}};
    std::vector<std::string> keys;
    for (const train::ShootoutRow& row : rows) {
        for (const auto& setting : row.settings) {
            if (std::find(keys.begin(), keys.end(), setting.first) == keys.end()) {
                keys.push_back(setting.first);
                columns.push_back({setting.first, false, true});
            }
        }
    }
    columns.insert(columns.end(), {{"held-out loss", false, true}, {"minutes", false, true}, {"", true}});
    Table table(columns);
    std::vector<std::size_t> order(rows.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    const auto loss = [&](std::size_t i) { return rows[i].measures.heldOut().value_or(1e300); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return loss(a) < loss(b); });
    for (const std::size_t i : order) {
        const train::ShootoutRow& row = rows[i];
        std::vector<std::string> cells{std::to_string(i + 1)};
        for (const std::string& key : keys) {
            const auto found = std::find_if(row.settings.begin(), row.settings.end(), [&](const auto& setting) { return setting.first == key; });
            cells.push_back(found == row.settings.end() ? "" : found->second);
        }
        const auto heldOut = row.measures.heldOut();
        const bool finished = row.ended.outcome == train::Outcome::Finished;
        cells.insert(cells.end(), {heldOut ? fixed(*heldOut, 4) : "-", fixed(row.ended.seconds / 60, 2), finished ? "" : std::string(train::toText(row.ended.outcome)) + ": " + row.ended.sentence});
        table.add(std::move(cells));
    }
    return table.toText(width);
}

// Of the recipe as it stands; 0: it cannot be planned, which the first trial will say.
Result<std::int64_t> stepsOf(const config::RunConfig& config, store::Project* project, Context& context)
{
    const auto rows = store::runRows(project, config.data);
    const auto plan = rows ? train::planRun(config, *rows, {config.run.threads, {}, [&] { return context.cancel.isCancelled(); }}) : Result<train::RunPlan>(rows.error());
    return plan ? Result<std::int64_t>(plan->rows.steps) : plan.error();
}

int run(const Flags& flags, Context& context)
{
    if (flags.out.empty() && flags.project.empty()) {
        context.console.error("say where the runs go: --out DIR, or --project DIR (see luthier sweep --help)");
        return kWrongUsage;
    }
    const auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    const auto spec = config ? specOf(flags) : Result<train::SweepSpec>(config.error());
    if (!spec) {
        return context.fail(spec.message());
    }
    auto project = flags.project.empty() ? Result<std::shared_ptr<store::Project>>(nullptr) : store::Project::open(flags.project);
    const auto steps = project ? stepsOf(*config, project->get(), context) : Result<std::int64_t>(project.error());
    auto variants = steps ? train::sweepVariants(*config, *spec, *steps) : Result<std::vector<train::Variant>>(steps.error());
    if (!variants) {
        return context.fail(variants.message());
    }
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); }, flags.out.empty() && !*project ? "" : kRunIsKept);
    std::vector<train::ShootoutRow> all;
    Progress progress(context.console);
    for (std::int64_t number = 1; !variants->empty() && !control.stopRequested(); ++number) {
        std::vector<std::string> names;
        for (const train::Variant& variant : *variants) {
            names.push_back(train::toText(variant));
        }
        const std::filesystem::path out = flags.out.empty() || spec->kind != train::SweepKind::Halving ? std::filesystem::path(flags.out)
                                                                                                       : std::filesystem::path(flags.out) / ("round-" + std::to_string(number));
        std::unique_ptr<RecordedTrials> trials;
        if (*project) {
            trials = std::make_unique<RecordedTrials>(*project, *config, names, out, context.console);
        }
        std::size_t done = 0;
        progress.trial = names.front();
        const auto onRow = [&](const train::ShootoutRow& row) {
            if (context.console.isJson()) {
                Json line = train::toJson(row);
                line["round"] = number;
                line["run"] = trials && trials->runAt(done) > 0 ? Json(trials->runAt(done)) : Json();
                context.console.line(line);
            }
            progress.trial = ++done < names.size() ? names[done] : "";
        };
        const train::Trial trial = [&](std::size_t at, const config::RunConfig& changed, train::RunObserver& observer) { return trials->tryMethod(at, changed, control, observer); };
        const auto rows = trials ? train::shootout(*config, names, trial, control, &progress, onRow) : train::shootout(*config, names, out, control, &progress, onRow);
        context.console.endProgress();
        if (!rows) {
            return context.fail(rows.message());
        }
        all.insert(all.end(), rows->begin(), rows->end());
        *variants = train::nextRound(*spec, *rows, *steps);
    }
    if (!context.console.isJson()) {
        context.console.text(tableOf(all, context.console.width()));
    }
    const bool any = std::any_of(all.begin(), all.end(), [](const auto& row) { return row.ended.outcome == train::Outcome::Finished; });
    return control.stopRequested() ? kInterrupted : any ? kDone : context.fail("no trial finished" + (all.empty() ? std::string() : ": " + all.front().ended.sentence));
}

// ---- learning rates

struct RateFlags {
    std::string recipe;
    std::vector<std::string> settings;
    std::string project;
    train::RateFinderSettings finder;
};

void setupRate(CLI::App& app, RateFlags& flags)
{
    addRecipe(app, flags.recipe, flags.settings);
    app.add_option("--project", flags.project, "With the edits and left-out rows of this project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.add_option("--low", flags.finder.low, "Rate of the first step")->check(CLI::PositiveNumber)->option_text("1e-6");
    app.add_option("--high", flags.finder.high, "Rate of the last step")->check(CLI::PositiveNumber)->option_text("1");
    app.add_option("--steps", flags.finder.steps, "Steps of the sweep; it ends before where the loss runs away")->check(CLI::Range(2, 100000))->option_text("60");
}

int runRate(const RateFlags& flags, Context& context)
{
    const auto config = readTuneConfig(flags.recipe, flags.settings, context.globals);
    const auto project = config ? lookInto(flags.project) : Result<std::shared_ptr<store::Project>>(config.error());
    const auto rows = project ? store::runRows(project->get(), config->data) : Result<train::RunRows>(project.error());
    if (!rows) {
        return context.fail(rows.message());
    }
    train::StopControl control;
    const InterruptScope scope(context.interrupts, [&control] { control.requestStop(); });
    const auto curve = train::findRate(*config, *rows, flags.finder, control, [&](const train::RatePoint& point) {
        if (context.console.isJson()) {
            context.console.line({{"step", point.step}, {"learning_rate", point.rate}, {"loss", measures::numberJson(point.loss)}, {"smoothed", measures::numberJson(point.smoothed)}});
        } else {
            context.console.progress("step " + counted(point.step) + ", rate " + shortest(point.rate) + ", loss " + fixed(point.loss, 3));
        }
    });
    context.console.endProgress();
    if (!curve) {
        return control.stopRequested() ? kInterrupted : context.fail(curve.message());
    }
    const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
    if (context.console.isJson()) {
        context.console.line({{"suggestion", number(curve->suggestion)}, {"lowest", number(curve->lowest)}, {"why", curve->why}});
    } else {
        context.console.text(curve->why + (curve->suggestion ? "\nSuggested: --set learning_rate=" + shortest(*curve->suggestion) : std::string()));
    }
    return kDone;
}

} // namespace
} // namespace sweep_command

Command sweepCommand()
{
    return command<sweep_command::Flags>("sweep", "Settings tried against each other: a grid, a list, random draws, successive halving",
                          "luthier sweep recipe.json --over learning_rate=1e-4,2e-4 --over method.rank=8,16 --out sweep\n"
                          "luthier sweep recipe.json --how halving --trials 9 --over learning_rate=1e-5..1e-3 --project ~/tunes",
                          sweep_command::setup, sweep_command::run);
}

Command rateCommand()
{
    return command<sweep_command::RateFlags>("rate", "Find a learning rate: a short sweep of rates over real steps, its curve and a suggestion",
                              "luthier rate recipe.json\nluthier rate recipe.json --steps 100 --json", sweep_command::setupRate, sweep_command::runRate);
}

} // namespace luthier::cli
