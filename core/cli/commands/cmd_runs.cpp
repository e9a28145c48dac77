// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/runs/measure_columns.h"
#include "core/cli/runs/measurement_table.h"
#include "core/cli/run_project.h"
#include "core/cli/runs/runs_verbs.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/peft/folders/origin.h"
#include "core/store/event_codec.h"
#include "core/store/project.h"
#include "core/store/runs/run_groups.h"
#include "core/store/runs/run_search.h"
#include "core/train/control/doctor_watch.h"
#include "core/train/event_measures.h"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <array>

namespace luthier::cli {

namespace runs_command {
namespace {

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
            {"notes", row.notes},
            {"tags", row.tags},
            {"measures", measures::toJson(row.measures)}};
}

std::string lossText(const std::optional<double>& value)
{
    return value ? fixed(*value, 4) : "-";
}

int listRuns(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    auto rows = project->runs();
    if (!rows) {
        return context.fail(rows.message());
    }
    std::erase_if(*rows, [&](const store::RunRow& row) { return !isWanted(row, flags); });
    const store::RunGrouping* grouping = flags.group.empty() ? nullptr : store::findRunGrouping(flags.group);
    const store::Sweeps sweeps = grouping ? store::sweepsOf(*project) : store::Sweeps();
    if (grouping) {
        store::putTogether(*rows, *grouping, sweeps);
    }
    std::vector<const measures::Summaries*> all;
    for (const auto& row : *rows) {
        all.push_back(&row.measures);
    }
    const MeasureColumns measured(all);
    std::vector<Column> columns{{"run", false, true},  {"name", true},         {"state"},
                                {"step", false, true}, {"loss", false, true}, {"held-out", false, true}};
    measured.addTo(columns);
    for (const std::string& key : flags.columns) {
        columns.push_back({key, true});
    }
    if (grouping) {
        columns.push_back({grouping->id, true});
    }
    columns.insert(columns.end(), {{"tags", true}, {"time", false, true}, {"created"}});
    Table table(columns);
    for (const auto& row : *rows) {
        if (context.console.isJson()) {
            Json line = rowJson(row);
            for (const std::string& key : flags.columns) {
                line["settings"][key] = store::settingOf(row, key);
            }
            if (grouping) {
                line["group"] = grouping->of(row, sweeps);
            }
            context.console.line(line);
        }
        std::vector<std::string> cells{std::to_string(row.id),
                                       row.name,
                                       row.state,
                                       counted(row.step) + "/" + counted(row.totalSteps),
                                       lossText(row.measures.lastLoss()),
                                       lossText(row.measures.heldOut())};
        measured.addTo(cells, row.measures);
        for (const std::string& key : flags.columns) {
            cells.push_back(store::settingOf(row, key));
        }
        if (grouping) {
            cells.push_back(grouping->of(row, sweeps));
        }
        std::string tags;
        for (const std::string& tag : row.tags) {
            tags += (tags.empty() ? "" : ", ") + tag;
        }
        cells.insert(cells.end(), {tags, duration(row.seconds), row.created});
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

int showRun(const RunsFlags& flags, ProjectPointer project, Context& context)
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
int listMeasures(const RunsFlags& flags, ProjectPointer project, Context& context)
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
int examineRun(const RunsFlags& flags, ProjectPointer project, Context& context)
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

int deleteRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    return row ? changed(*row, project->deleteRun(row->id), "deleted", context) : context.fail(row.message());
}

int renameRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    auto row = findRun(*project, flags.arguments.front());
    return row ? changed(*row, project->renameRun(row->id, flags.arguments[1]), "renamed", context)
               : context.fail(row.message());
}

constexpr std::array kVerbs = {
    RunsVerb{"list", "All runs of the project, newest first", 0, "", false, listRuns},
    RunsVerb{"show", "One run with its recipe and measurements", 1, "RUN", false, showRun},
    RunsVerb{"recipe", "A run's recipe, as a file for luthier tune", 1, "RUN", false, recipeOfRun},
    RunsVerb{"measures", "Everything that a run measured, as CSV, or as lines of JSON", 1, "RUN", false, listMeasures},
    RunsVerb{"doctor", "What is wrong with a run, what it means and which settings help", 1, "RUN", false, examineRun},
    RunsVerb{"hold", "Hold a run at work; with --try PROMPT ask its present weights, with --rate X give it another learning rate", 1, "RUN", false, holdRun},
    RunsVerb{"go", "Let a held run go on", 1, "RUN", false, goOnWithRun},
    RunsVerb{"park", "End a run at work so that it goes on later to the bit (luthier resume)", 1, "RUN", false, parkRun},
    RunsVerb{"stop", "Stop a run at work behind its step, with a checkpoint", 1, "RUN", false, stopRun},
    RunsVerb{"keep", "Stop a run at work and write its result as it stands", 1, "RUN", false, keepRun},
    RunsVerb{"checkpoints", "The checkpoints a run has: step, losses, size, and how to go on from one", 1, "RUN", false, checkpointsOfRun},
    RunsVerb{"diff", "Settings in which two or more runs differ", -2, "RUN RUN ...", false, diffRuns},
    RunsVerb{"note", "Write a note to a run", 2, "RUN TEXT", true, noteRun},
    RunsVerb{"tag", "Give a run tags, or with a minus take them away", 2, "RUN good,-old", true, tagRun},
    RunsVerb{"sheet", "What is needed to make a run again: hashes of data, template and base, seed, versions, device", 1, "RUN", false, sheetOfRun},
    RunsVerb{"export", "A run as one file that opens on another machine", 1, "RUN", false, exportRun},
    RunsVerb{"import", "Take over a run from such a file, checked", 1, "FILE", true, importRun},
    RunsVerb{"logs", "A run's measurements for TensorBoard, or its events as lines of JSON", 1, "RUN", false, logsOfRun},
    RunsVerb{"delete", "Move a run to the project's trash", 1, "RUN", true, deleteRun},
    RunsVerb{"trash", "Runs in the project's trash", 0, "", false, listTrash},
    RunsVerb{"restore", "Bring a run back from the trash", 1, "RUN", true, restoreRun},
    RunsVerb{"rename", "Give a run another name", 2, "RUN NAME", true, renameRun},
};

void addFlagsOf(CLI::App& sub, const RunsVerb& verb, RunsFlags& flags)
{
    if (verb.run == listRuns) {
        sub.add_option("--search", flags.search, "Only runs with these words in name, notes, tags or recipe")->option_text("WORDS");
        sub.add_option("--tag", flags.tag, "Only runs with this tag")->option_text("TAG");
        sub.add_option("--state", flags.state, "Only runs in this state: running, finished, stopped, failed, interrupted")->option_text("STATE");
        std::vector<std::string> ways;
        for (const store::RunGrouping& grouping : store::runGroupings()) {
            ways.emplace_back(grouping.id);
        }
        sub.add_option("--group", flags.group, "Put together what has the same model, method, first tag or sweep")->check(CLI::IsMember(ways))->option_text("model|method|tag|sweep");
        sub.add_option("--columns", flags.columns, "Settings beside the usual columns")->delimiter(',')->option_text("method.rank,...");
    } else if (verb.run == recipeOfRun || verb.run == sheetOfRun || verb.run == exportRun) {
        sub.add_option("-o,--out", flags.out, "File to write to")->option_text("FILE");
    } else if (verb.run == logsOfRun) {
        sub.add_option("--tensorboard", flags.out, "Folder for a TensorBoard event file")->option_text("DIR");
        sub.add_option("--jsonl", flags.lines, "File for the events, one object a line")->option_text("FILE");
    }
    if (verb.run == holdRun) {
        sub.add_option("--try", flags.prompts, "A prompt for the weights as they are; may be repeated")->allow_extra_args(false)->option_text("PROMPT");
        sub.add_option("--rate", flags.rate, "Learning rate to go on with")->option_text("X");
    }
    if (verb.run == exportRun) {
        sub.add_flag("--checkpoints", flags.checkpoints, "With its checkpoints, so that it can be resumed over there");
    }
}

void setup(CLI::App& app, RunsFlags& flags)
{
    app.add_option("--project", flags.project, "Project folder")
        ->envname("LUTHIER_PROJECT")
        ->option_text("DIR");
    app.require_subcommand(0, 1);
    flags.verb = &kVerbs.front();
    for (const RunsVerb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        if (verb.arguments != 0) {
            sub->add_option("run", flags.arguments, verb.run == importRun ? "File that luthier runs export wrote" : "Number or name of a run")
                ->required()
                ->expected(verb.arguments)
                ->option_text(verb.argumentText);
        }
        addFlagsOf(*sub, verb, flags);
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const RunsFlags& flags, Context& context)
{
    return inProject(flags.project, flags.verb->writes ? ProjectUse::Write : ProjectUse::Look, "runs", context,
                     [&](ProjectPointer project) { return flags.verb->run(flags, std::move(project), context); });
}

} // namespace
} // namespace runs_command

Command runsCommand()
{
    return command<RunsFlags>("runs", "Runs of a project: list, show, recipe, measures, doctor, checkpoints, diff, note, tag, sheet, export, import, logs, delete, trash, restore, rename",
                          "luthier runs --project ~/tunes\n"
                          "luthier runs show 3 --project ~/tunes\n"
                          "luthier runs measures 3 --project ~/tunes > run3.csv\n"
                          "luthier runs doctor 3 --project ~/tunes\n"
                          "luthier runs diff 2 3 4 --project ~/tunes --json\n"
                          "luthier runs list --search lora --columns method.rank,optimizer.learning_rate --project ~/tunes\n"
                          "luthier runs export 3 -o run3.luthier-run --project ~/tunes\n"
                          "luthier runs logs 3 --tensorboard logs --project ~/tunes",
                          runs_command::setup, runs_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
