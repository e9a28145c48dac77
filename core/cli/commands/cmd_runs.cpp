// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/measure_columns.h"
#include "core/cli/measurement_table.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/peft/folders/origin.h"
#include "core/store/event_codec.h"
#include "core/store/project.h"
#include "core/train/doctor_watch.h"
#include "core/train/event_measures.h"

#include <CLI/App.hpp>

#include <array>

namespace luthier::cli {

namespace {

using Project = std::shared_ptr<store::Project>;

struct Flags;
struct Verb {
    const char* name;
    const char* summary;
    int arguments;          // runs (and a new name) that it takes
    const char* argumentText;
    bool writes;
    int (*run)(const Flags&, Project, Context&);
};

struct Flags {
    std::string project;
    std::vector<std::string> arguments;
    const Verb* verb = nullptr;
};

Json rowJson(const store::RunRow& row)
{
    const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
    return {{"id", row.id},
            {"name", row.name},
            {"state", row.state},
            {"created", row.created},
            {"folder", row.folder},
            {"step", row.step},
            {"total_steps", row.totalSteps},
            {"last_loss", number(row.measures.lastLoss())},
            {"first_held_out", number(row.measures.heldOutBefore())},
            {"last_held_out", number(row.measures.heldOut())},
            {"seconds", row.seconds},
            {"result", row.result},
            {"sentence", row.sentence},
            {"measures", measures::toJson(row.measures)}};
}

std::string lossText(const std::optional<double>& value)
{
    return value ? fixed(*value, 4) : "-";
}

int listRuns(const Flags&, Project project, Context& context)
{
    auto rows = project->runs();
    if (!rows) {
        return context.fail(rows.message());
    }
    std::vector<const measures::Summaries*> all;
    for (const auto& row : *rows) {
        all.push_back(&row.measures);
    }
    const MeasureColumns measured(all);
    std::vector<Column> columns{{"run", false, true},  {"name", true},         {"state"},
                                {"step", false, true}, {"loss", false, true}, {"held-out", false, true}};
    measured.addTo(columns);
    columns.insert(columns.end(), {{"time", false, true}, {"created"}});
    Table table(columns);
    for (const auto& row : *rows) {
        if (context.console.isJson()) {
            context.console.line(rowJson(row));
        }
        std::vector<std::string> cells{std::to_string(row.id),
                                       row.name,
                                       row.state,
                                       counted(row.step) + "/" + counted(row.totalSteps),
                                       lossText(row.measures.lastLoss()),
                                       lossText(row.measures.heldOut())};
        measured.addTo(cells, row.measures);
        cells.insert(cells.end(), {duration(row.seconds), row.created});
        table.add(std::move(cells));
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty()
                                 ? "No runs yet; luthier tune RECIPE.json --project DIR makes one."
                                 : table.toText(context.console.width()));
    }
    return kDone;
}

Json evalsOf(const std::vector<train::Event>& events)
{
    Json evals = Json::array();
    for (const auto& event : events) {
        if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            Json line = store::toJson(*eval);
            line.erase("event");
            evals.push_back(std::move(line));
        }
    }
    return evals;
}

int showRun(const Flags& flags, Project project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    if (!row) {
        return context.fail(row.message());
    }
    auto events = project->events(row->id);
    if (!events) {
        return context.fail(events.message());
    }
    Json object = rowJson(*row);
    object["evals"] = evalsOf(*events);
    object["recipe"] = row->recipe;
    const auto origin = peft::readOrigin(row->folder);
    if (!origin) {
        return context.fail(origin.message());
    }
    if (!origin->empty()) {
        object["from"] = peft::toJson(*origin);
    }
    if (context.console.isJson()) {
        context.console.line(object);
        return kDone;
    }
    Table table({{"run " + std::to_string(row->id)}, {row->name, true}});
    for (const auto& [key, value] : object.items()) {
        if (key != "id" && key != "name" && key != "recipe" && key != "evals" && key != "from" && key != "measures") {
            table.add({key, value.is_string() ? value.get<std::string>() : base::dumpJson(value)});
        }
    }
    for (const auto& event : *events) {
        if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            std::string text;
            for (const measures::Value& value : train::measuresOf(*eval)) {
                text += (text.empty() ? "" : ", ") + measures::nameOf(*value.measure, eval->set) + " " + measures::textOf(*value.measure, value.value);
            }
            table.add({"step " + std::to_string(eval->step), text});
        }
    }
    if (!origin->empty()) {
        table.add({"origin", peft::sentenceOf(*origin)});
    }
    context.console.text(table.toText(context.console.width()) + "\n\n" + base::dumpJson(row->recipe, 2));
    return kDone;
}

// A line for each measurement, or for each step with a column for each measure and set.
int listMeasures(const Flags& flags, Project project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    auto events = row ? project->events(row->id) : Result<std::vector<train::Event>>(row.error());
    if (!events) {
        return context.fail(events.message());
    }
    const MeasurementTable table(*events);
    if (context.console.isJson()) {
        for (const MeasurementTable::Measurement& measured : table.all()) {
            context.console.line({{"step", measured.step},
                                  {"set", measured.set == measures::kStepSet ? Json() : Json(measured.set)},
                                  {"id", std::string(measured.measure->id)},
                                  {"value", measures::numberJson(measured.value)}});
        }
    } else {
        context.console.text(table.toCsv());
    }
    return kDone;
}

// What the run doctor finds in a run's events.
int examineRun(const Flags& flags, Project project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    auto events = row ? project->events(row->id) : Result<std::vector<train::Event>>(row.error());
    auto config = events ? config::fromJson(row->recipe) : Result<config::RunConfig>(events.error());
    if (!config) {
        return context.fail(config.message());
    }
    const auto findings = train::findingsOf(*events, *config);
    Json lines = Json::array();
    for (const doctor::Finding& finding : findings) {
        Json remedies = Json::array();
        for (const doctor::Remedy& remedy : finding.remedies) {
            remedies.push_back({{"key", remedy.key}, {"value", remedy.value}, {"sentence", remedy.sentence}});
        }
        lines.push_back({{"id", finding.id},
                         {"step", finding.step},
                         {"finding", finding.sentence},
                         {"explanation", finding.explanation},
                         {"remedies", std::move(remedies)}});
        const doctor::Row* known = doctor::findRow(finding.id);
        std::string text = std::string(known ? known->label : finding.id) + " (step " + std::to_string(finding.step) + "): " + finding.sentence;
        text += finding.explanation.empty() ? "" : "\n  " + finding.explanation;
        for (const doctor::Remedy& remedy : finding.remedies) {
            text += "\n  - " + remedy.sentence;
        }
        if (!context.console.isJson()) {
            context.console.text(text);
        }
    }
    if (context.console.isJson()) {
        context.console.line({{"run", row->id}, {"looked_for", doctor::rows().size()}, {"findings", std::move(lines)}});
    } else if (findings.empty()) {
        context.console.text("Nothing was found wrong with run " + std::to_string(row->id) + " (" + std::to_string(doctor::rows().size()) + " things looked for).");
    }
    return kDone;
}

int diffRuns(const Flags& flags, Project project, Context& context)
{
    std::vector<config::RunConfig> configs;
    for (const auto& word : flags.arguments) {
        auto row = findRun(*project, word);
        auto config = row ? config::fromJson(row->recipe) : Result<config::RunConfig>(row.error());
        if (!config) {
            return context.fail("run " + word + ": " + config.message());
        }
        configs.push_back(std::move(*config));
    }
    Table table({{"setting"}, {"run " + flags.arguments[0], true}, {"run " + flags.arguments[1], true}});
    Json differences = Json::array();
    for (const auto& row : config::difference(configs[0], configs[1])) {
        differences.push_back({{"key", row.key}, {"left", row.left}, {"right", row.right}});
        table.add({row.key, row.left, row.right});
    }
    if (context.console.isJson()) {
        context.console.line({{"differences", std::move(differences)}});
    } else {
        context.console.text(table.isEmpty() ? "The recipes are equal."
                                             : table.toText(context.console.width()));
    }
    return kDone;
}

int changed(const store::RunRow& row, const Result<void>& done, const char* what, Context& context)
{
    if (!done) {
        return context.fail(done.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"id", row.id}, {what, true}});
    } else {
        context.console.text("Run " + std::to_string(row.id) + " " + what + ".");
    }
    return kDone;
}

int deleteRun(const Flags& flags, Project project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    return row ? changed(*row, project->deleteRun(row->id), "deleted", context) : context.fail(row.message());
}

int renameRun(const Flags& flags, Project project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    return row ? changed(*row, project->renameRun(row->id, flags.arguments[1]), "renamed", context)
               : context.fail(row.message());
}

constexpr std::array kVerbs = {
    Verb{"list", "All runs of the project, newest first", 0, "", false, listRuns},
    Verb{"show", "One run with its recipe and measurements", 1, "RUN", false, showRun},
    Verb{"measures", "Everything that a run measured, as CSV, or as lines of JSON", 1, "RUN", false, listMeasures},
    Verb{"doctor", "What is wrong with a run, what it means and which settings help", 1, "RUN", false, examineRun},
    Verb{"diff", "Settings in which two runs differ", 2, "RUN RUN", false, diffRuns},
    Verb{"delete", "Move a run to the project's trash", 1, "RUN", true, deleteRun},
    Verb{"rename", "Give a run another name", 2, "RUN NAME", true, renameRun},
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--project", flags.project, "Project folder")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        if (verb.arguments > 0) {
            sub->add_option("run", flags.arguments, "Number or name of a run")
                ->required()
                ->expected(verb.arguments)
                ->option_text(verb.argumentText);
        }
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const Flags& flags, Context& context)
{
    if (flags.project.empty()) {
        context.console.error(
            "say which project: --project DIR, or LUTHIER_PROJECT (see luthier runs --help)");
        return kWrongUsage;
    }
    std::error_code code;
    if (!std::filesystem::exists(std::filesystem::path(flags.project) / "luthier.db", code)) {
        return context.fail(flags.project
                            + ": no project lies there; luthier tune RECIPE.json --project DIR makes one");
    }
    auto project = store::Project::open(flags.project, !flags.verb->writes);
    return project ? flags.verb->run(flags, *project, context) : context.fail(project.message());
}

} // namespace

Command runsCommand()
{
    return command<Flags>("runs", "Runs of a project: list, show, measures, doctor, diff, delete, rename",
                          "luthier runs --project ~/tunes\n"
                          "luthier runs show 3 --project ~/tunes\n"
                          "luthier runs measures 3 --project ~/tunes > run3.csv\n"
                          "luthier runs doctor 3 --project ~/tunes\n"
                          "luthier runs diff 2 3 --project ~/tunes --json",
                          setup, run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
