// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/cli/adapter_notes.h"
#include "core/cli/answering.h"
#include "core/cli/data/files.h"
#include "core/cli/display.h"
#include "core/cli/evaluation/predictions.h"
#include "core/cli/evaluation/results_text.h"
#include "core/cli/inputs.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/evaluation/evaluate.h"
#include "core/evaluation/past.h"
#include "core/evaluation/rough_time.h"
#include "core/store/eval_inputs.h"
#include "core/store/project.h"
#include "core/store/runs/reward_trust.h"
#include "core/store/runs/trained_rows.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace eval_command {
namespace {

struct Flags {
    bool list = false;
    std::string predictions;
    std::string against;
    std::string run;
    std::vector<std::string> beside;
    bool checkpoints = false;
    std::string model;
    std::string base;
    std::vector<std::string> adapters;
    DataFlags data;
    std::string dataFile;
    std::vector<std::string> general;
    std::vector<std::string> cloze;
    std::string rewardModel;
    std::string metrics;
    std::string groupBy;
    bool stemmer = false;
    std::string pattern;
    std::string schema;
    std::string system;
    std::int64_t shots = 0;
    std::string shotsFrom;
    std::string shotChoice = "diverse";
    std::vector<std::int64_t> shotRows; // by hand; shots are as many
    bool raw = false;
    bool byLikelihood = false;
    bool bothWays = false;
    std::int64_t limit = 0;
    std::int64_t batch = kAnswersAtOnce;
    inference::Sampling sampling;
    statistics::BootstrapSettings bootstrap;
    std::string out;
    std::int64_t flips = 5;
    std::string chatTemplate = "folder";
    bool foldSystem = false;
};

void addMeasuring(CLI::App& app, Flags& flags)
{
    std::string names;
    for (const metrics::Metric& metric : metrics::metrics()) {
        names += (names.empty() ? "" : ", ") + std::string(metric.id);
    }
    app.add_option("--metrics", flags.metrics, "What is measured, the first decides the verdict: " + names)->option_text("a,b,...");
    app.add_flag("--list", flags.list, "The evaluations that --project keeps, finished or broken off; nothing is measured");
    app.add_option("--group-by", flags.groupBy, "Field of the rows that says which belong together (their source), or tag: intervals take such rows as one. "
                                                "Usually rows with the same question, or the same id where answers name none; none: each row stands for itself")
        ->option_text("FIELD");
    app.add_flag("--stemmer", flags.stemmer, "ROUGE compares words by their stems");
    app.add_option("--pattern", flags.pattern, "Regular expression of regex_match")->option_text("REGEX");
    app.add_option("--schema", flags.schema, "JSON Schema of schema_valid")->option_text("FILE.json");
    app.add_option("--draws", flags.bootstrap.draws, "Draws of the bootstrap behind the intervals; usually 2000")
        ->check(CLI::Range(std::int64_t{100}, std::int64_t{1000000}))
        ->option_text("N");
    app.add_option("--flips", flags.flips, "So many rows that changed most are shown; usually 5")->check(CLI::NonNegativeNumber)->option_text("N");
}

void addAnswering(CLI::App& app, Flags& flags)
{
    app.add_option("--run", flags.run, "A run of --project: its base and its result answer, usually the rows that it kept aside")->option_text("RUN");
    app.add_option("--beside", flags.beside, "Another run of the project that answers, too")->allow_extra_args(false)->option_text("RUN");
    app.add_flag("--checkpoints", flags.checkpoints, "The run's checkpoints answer, too: how it went over its steps");
    app.add_option("--model", flags.model, "Model folder or GGUF file that answers")->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter of the tuned model, DIR=0.7 to weigh it; the base answers without")
        ->allow_extra_args(false)
        ->option_text("DIR");
    app.add_option("--base", flags.base, "The base to compare with, where --model is a whole tuned model")->option_text("DIR");
    app.add_option("--data", flags.dataFile, "Rows with their right answers, which were not trained on")->option_text("FILE");
    app.add_option("--general", flags.general, "Rows of another kind, or with choices: measured beside, for what was forgotten; several make one curve. Usually the run's own general data")
        ->allow_extra_args(false)
        ->option_text("FILE");
    app.add_option("--cloze", flags.cloze, "Texts whose last word is wanted, F=2: the last two, measured beside like --general: how likely, and whether the model would have written it")
        ->allow_extra_args(false)
        ->option_text("FILE");
    app.add_option("--reward-model", flags.rewardModel, "Reward model that scores the answers, for the metric reward: a folder, an adapter of one, or the run that made it")
        ->option_text("DIR");
    app.add_option("--format", flags.data.format, "Shape of the rows; auto looks at the first")->option_text("ID");
    app.add_option("--map", flags.data.columns, "What the file calls a field, as prompt=question,answer=solution")->option_text("FIELD=COLUMN...");
    addReading(app, flags.data);
    app.add_option("--system", flags.system, "System text of the base with a prompt")->option_text("TEXT");
    app.add_option("--shots", flags.shots, "Examples shown to the base with a prompt, out of --shots-from")->check(CLI::Range(0, 64))->option_text("K");
    app.add_option("--shots-from", flags.shotsFrom, "Where those examples are: the training data")->option_text("FILE");
    app.add_option("--shot-choice", flags.shotChoice, "diverse: the most different ones, the same for all rows; nearest: those most like each question")
        ->check(CLI::IsMember({"diverse", "nearest"}))
        ->option_text("diverse");
    const auto byHand = [&flags](const std::string& numbers) {
        auto rows = evaluation::shotRowsOf(numbers);
        if (!rows) {
            throw CLI::ValidationError("--shot-rows", rows.message());
        }
        flags.shotRows = std::move(*rows);
        flags.shots = static_cast<std::int64_t>(flags.shotRows.size());
    };
    app.add_option_function<std::string>("--shot-rows", byHand, "These rows of the training data are the examples, from 1, in this order")
        ->excludes("--shots")
        ->excludes("--shot-choice")
        ->option_text("3,17,42");
    app.add_flag("--raw", flags.raw, "Questions as bare text, without the chat template");
    app.add_flag("--by-likelihood", flags.byLikelihood, "The answer is the likeliest of the labels that the references name; nothing is written freely");
    app.add_flag("--both-ways", flags.bothWays, "Answers are written, and the likeliest label is measured beside them, in one run")->excludes("--by-likelihood");
    app.add_option("--limit", flags.limit, "So many rows, evenly over the file; 0: all")->check(CLI::NonNegativeNumber)->option_text("N");
    addChatTemplate(app, flags.chatTemplate);
    addFoldSystem(app, flags.foldSystem);
    addBatchFlag(app, flags.batch);
    app.add_option("-o,--out", flags.out, "Folder that keeps every answer as it comes and the results; the same command goes on there. Usually in "
                                          "evaluations/ of --project")
        ->option_text("DIR");
    addFieldFlags(app, &flags.sampling, inference::samplingFields());
}

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--predictions", flags.predictions, "Answers that are there already, without a model: rows of {\"prediction\":...,\"reference\":...}")
        ->option_text("FILE.jsonl");
    app.add_option("--against", flags.against, "Other answers to the same rows, which --predictions are compared with")->option_text("FILE.jsonl");
    addMeasuring(app, flags);
    addAnswering(app, flags);
    app.parse_complete_callback([&flags] {
        if (flags.list) {
            if (flags.data.project.empty()) {
                throw CLI::RequiredError("--list needs --project: the folder of the project", CLI::ExitCodes::RequiredError);
            }
            return;
        }
        if (flags.metrics.empty()) {
            throw CLI::RequiredError("--metrics says what is measured, as --metrics exact_match,rougeL; its help names them all", CLI::ExitCodes::RequiredError);
        }
        const int given = (flags.model.empty() ? 0 : 1) + (flags.run.empty() ? 0 : 1) + (flags.predictions.empty() ? 0 : 1);
        if (given != 1) {
            throw CLI::RequiredError(given > 1 ? "give only one of --predictions, --run and --model" : "give --predictions, --run, or --model and --data",
                                     CLI::ExitCodes::RequiredError);
        }
        if (!flags.run.empty() && flags.data.project.empty()) {
            throw CLI::RequiredError("--run needs --project: the folder of the project whose run it is", CLI::ExitCodes::RequiredError);
        }
        if (!flags.model.empty() && flags.dataFile.empty()) {
            throw CLI::RequiredError("--model needs --data: the rows that it is to answer", CLI::ExitCodes::RequiredError);
        }
        if (flags.shots > 0 && flags.shotsFrom.empty() && flags.run.empty()) {
            throw CLI::RequiredError(std::string(flags.shotRows.empty() ? "--shots" : "--shot-rows") + " needs --shots-from: the training data that the examples are taken from", CLI::ExitCodes::RequiredError);
        }
    });
}

Result<metrics::MetricSettings> metricSettings(const Flags& flags)
{
    metrics::MetricSettings settings{flags.stemmer, flags.pattern, ""};
    if (!flags.schema.empty()) {
        auto text = base::readFile(flags.schema);
        if (!text) {
            return text.error();
        }
        settings.schema = std::move(*text);
    }
    return settings;
}

void noteSkipped(const std::vector<evaluation::SkippedRow>& skipped, Context& context)
{
    constexpr std::size_t kShown = 3;
    if (skipped.empty()) {
        return;
    }
    std::string rows;
    for (std::size_t i = 0; i < std::min(kShown, skipped.size()); ++i) {
        rows += "; row " + std::to_string(skipped[i].row) + ": " + oneLine(skipped[i].why);
    }
    context.console.warning(base::amount(skipped.size(), "row") + std::string(base::oneOrMany(skipped.size(), " was", " were")) + " left out" + rows + (skipped.size() > kShown ? "; ..." : ""));
}

evaluation::EvalTold toldBy(Context& context)
{
    evaluation::EvalTold told;
    told.progress = [&context](const evaluation::EvalProgress& progress) {
        const std::string left = progress.secondsLeft < 0 ? "" : ", about " + duration(progress.secondsLeft) + " left";
        const std::string done = progress.total == 0 ? "" : ": " + counted(progress.done) + " of " + counted(progress.total);
        context.console.progress(progress.what + done + left);
    };
    told.note = [&context](const std::string& sentence) { context.console.note(sentence); };
    return told;
}

int show(const evaluation::Evaluation& evaluation, const Flags& flags, Context& context)
{
    noteSkipped(evaluation.skipped, context);
    if (context.console.isJson()) {
        context.console.line(evaluation.json);
        return kDone;
    }
    context.console.text(evaluationText(evaluation.results, static_cast<std::size_t>(flags.flips), context.console.width()));
    if (evaluation.byLabel) {
        context.console.text("\nBy the likeliest label:\n" + evaluationText(*evaluation.byLabel, 0, context.console.width()));
    }
    if (!evaluation.general.empty()) {
        context.console.text("\n" + evaluation.json["general"]["forgetting"].get<std::string>());
    }
    return kDone;
}

int measurePredictions(const Flags& flags, evaluation::EvalRequest request, Context& context)
{
    auto predictions = readPredictions(flags.predictions, request.metrics, flags.groupBy, context.cancel);
    if (!predictions) {
        return context.fail(predictions.message());
    }
    if (predictions->groupedBy.empty()) {
        context.console.note(flags.predictions + ": no row says what was asked (question, prompt), so each stands for itself; --group-by names a field that says which belong together.");
    }
    request.groupBy = predictions->groupedBy.empty() ? evaluation::kNoGroups : predictions->groupedBy;
    std::vector<evaluation::ScoredContender> contenders;
    std::vector<std::string> notes; // what is not compared
    if (!flags.against.empty()) {
        auto others = readPredictions(flags.against, request.metrics, flags.groupBy, context.cancel);
        auto common = others ? keepCommon(*others, *predictions) : Result<std::vector<std::string>>(others.error());
        if (!common) {
            return context.fail(common.message());
        }
        notes = std::move(*common);
        contenders.push_back({"against", fs::path(flags.against).stem().string(), std::move(others->rows)});
    }
    contenders.push_back({"predictions", fs::path(flags.predictions).stem().string(), std::move(predictions->rows)});
    auto evaluation = evaluation::measure(std::move(contenders), std::move(predictions->facts), std::move(predictions->skipped), request, toldBy(context), context.cancel);
    context.console.endProgress();
    if (!evaluation) {
        return context.fail(evaluation.message());
    }
    evaluation->results.notes.insert(evaluation->results.notes.begin(), notes.begin(), notes.end());
    evaluation->json["notes"] = evaluation->results.notes;
    if (!flags.out.empty()) {
        evaluation->folder = flags.out;
        evaluation->json["folder"] = flags.out;
        auto made = base::makeDirectories(flags.out);
        if (auto kept = made ? evaluation::keep(*evaluation) : made; !kept) {
            return context.fail(kept.message());
        }
    }
    return show(*evaluation, flags, context);
}

// What the flags, and the run that they name, come to.
struct Asked {
    evaluation::EvalRequest request;
    evaluation::EvalSets sets;
};

Result<std::vector<evaluation::EvalSystem>> systemsBy(const Flags& flags, store::Project* project, Context& context)
{
    if (flags.run.empty()) {
        noteAdapters(adaptersOf(flags.adapters), context.console);
        return evaluation::systemsOf({flags.model, adaptersOf(flags.adapters), flags.base, flags.system, flags.shots});
    }
    const auto row = findRun(*project, flags.run);
    if (!row) {
        return row.error();
    }
    store::Beside beside{flags.system, flags.shots, flags.checkpoints};
    for (const auto& word : flags.beside) {
        auto other = findRun(*project, word);
        if (!other) {
            return other.error();
        }
        beside.runs.push_back(std::move(*other));
    }
    return store::systemsOfRun(*row, beside, context.cancel);
}

// "texts.jsonl=2": the file, and how many last words.
Result<std::pair<std::string, std::int64_t>> wordsOf(const std::string& flag)
{
    std::error_code code;
    const auto equals = flag.rfind('=');
    if (equals == std::string::npos || fs::exists(flag, code)) {
        return std::pair(flag, std::int64_t{1});
    }
    std::int64_t words = 0;
    const char* end = flag.data() + flag.size();
    const auto parsed = std::from_chars(flag.data() + equals + 1, end, words);
    constexpr std::int64_t kMost = 100;
    if (parsed.ec != std::errc() || parsed.ptr != end || words < 1 || words > kMost) {
        return Error{"--cloze " + flag + ": behind the = stands how many last words are wanted, 1 to " + std::to_string(kMost)};
    }
    return std::pair(flag.substr(0, equals), words);
}

Result<void> readRows(Asked& asked, const Flags& flags, store::Project* project, Context& context)
{
    const evaluation::EvalRowSettings settings{flags.groupBy, flags.limit};
    const auto fileOf = [&](const std::string& path) { return train::RunFile{path, flags.data.format, flags.data.columns}; };
    std::optional<store::RunRow> run;
    if (!flags.run.empty()) {
        auto row = findRun(*project, flags.run);
        if (!row) {
            return row.error();
        }
        run = std::move(*row);
    }
    if (flags.dataFile.empty()) {
        auto held = store::heldOutRowsOf(*project, *run, settings, context.cancel);
        if (!held) {
            return held.error();
        }
        asked.sets.rows = std::move(held->rows);
        asked.request.data = held->source;
    } else {
        auto rows = store::evalRowsOfFile(project, fileOf(flags.dataFile), settings, context.cancel);
        if (!rows) {
            return rows.error();
        }
        asked.sets.rows = std::move(*rows);
        asked.request.data = flags.dataFile;
    }
    std::vector<std::pair<std::string, std::int64_t>> general; // files, and how many last words of their texts are wanted
    for (const std::string& file : flags.general) {
        general.emplace_back(file, 0);
    }
    for (const std::string& file : flags.cloze) {
        const auto words = wordsOf(file);
        if (!words) {
            return words.error();
        }
        general.push_back(*words);
    }
    if (const auto own = run && general.empty() ? store::generalFileOf(*run) : fs::path(); !own.empty()) {
        general.emplace_back(own.string(), 0);
    }
    for (const auto& [file, lastWords] : general) {
        auto set = store::generalSet(project, file, flags.limit, lastWords, context.cancel);
        if (!set) {
            return set.error();
        }
        asked.sets.general.push_back(std::move(*set));
    }
    if (flags.shots > 0 && !flags.shotsFrom.empty()) {
        auto training = openData(flags.shotsFrom, flags.data, context, project);
        if (!training) {
            return training.error();
        }
        asked.sets.shots = *training;
    } else if (flags.shots > 0) {
        auto training = store::trainingRowsOf(*project, *run, context.cancel);
        if (!training) {
            return training.error();
        }
        asked.sets.shots = *training;
    }
    asked.request.shotsFrom = asked.sets.shots ? asked.sets.shots->path() : fs::path();
    return {};
}

// Before anything is answered: what was learned says little.
void noteTrainedOn(const evaluation::EvalSets& sets, Context& context)
{
    for (const auto& trained : sets.trainedOn) {
        context.console.warning(evaluation::sentenceOf(trained, sets.rows.rows.size()));
    }
}

// Which of the rows a run learned from that answers here.
Result<void> findTrainedOn(Asked& asked, const Flags& flags, store::Project* project, Context& context)
{
    std::vector<store::RunRow> runs;
    std::vector<std::string> words = flags.beside;
    if (!flags.run.empty()) {
        words.insert(words.begin(), flags.run);
    }
    for (const std::string& word : words) {
        auto run = findRun(*project, word);
        if (!run) {
            return run.error();
        }
        runs.push_back(std::move(*run));
    }
    std::vector<std::string> problems;
    asked.sets.trainedOn = store::trainedOn(project, runs, asked.request.systems, asked.sets.rows.rows, problems, context.cancel);
    for (const std::string& problem : problems) {
        context.console.note(problem);
    }
    return {};
}

// To read edits from, and to keep the evaluation in: a folder without a project becomes one.
Result<std::shared_ptr<store::Project>> projectOf(const Flags& flags, Context& context)
{
    std::error_code code;
    if (flags.data.project.empty() || fs::exists(fs::path(flags.data.project) / "luthier.db", code)) {
        return lookInto(flags.data.project);
    }
    if (!flags.run.empty()) {
        return lookInto(flags.data.project); // there is no run to find, which is told with what makes a project
    }
    auto made = store::Project::open(flags.data.project);
    if (made) {
        context.console.note(flags.data.project + ": a project was made there; it keeps the evaluation");
    }
    return made;
}

int answerAndMeasure(const Flags& flags, evaluation::EvalRequest request, Context& context)
{
    const auto project = projectOf(flags, context);
    if (!project) {
        return context.fail(project.message());
    }
    auto systems = systemsBy(flags, project->get(), context);
    if (!systems) {
        return context.fail(systems.message());
    }
    if (systems->size() > 1 && flags.system.empty() && flags.shots == 0) {
        context.console.note("The base answers without a prompt. A system text and a few examples (--system, --shots) are what tuning has to beat.");
    }
    Asked asked{std::move(request), {}};
    asked.request.systems = std::move(*systems);
    if (!flags.rewardModel.empty()) {
        asked.request.rewardTrust = store::rewardTrustOf(project->get(), flags.rewardModel).sentence;
    }
    auto ready = readRows(asked, flags, project->get(), context);
    ready = ready ? evaluation::leaveOutUnmeasurable(asked.request, asked.sets) : ready;
    ready = ready ? findTrainedOn(asked, flags, project->get(), context) : ready;
    const auto settings = ready ? evaluation::answeringOf(asked.request, asked.sets.rows.rows) : Result<evaluation::AnsweringSettings>(ready.error());
    const auto what = settings ? evaluation::askedOf(asked.request, asked.sets, *settings) : Result<Json>(settings.error());
    if (!what) {
        return context.fail(what.message());
    }
    const bool inProject = flags.out.empty() && *project;
    const fs::path folder = inProject ? evaluation::folderFor((*project)->folder() / "evaluations", *what) : fs::path(flags.out);
    context.interrupts.setKept(folder.empty() ? "" : "what was answered");
    constexpr double kLong = 120;
    if (const double seconds = evaluation::roughSeconds(asked.request, asked.sets, *settings); seconds > kLong) {
        context.console.note("On this processor that is roughly " + duration(seconds) + "; the first answers will say it better. --limit takes fewer rows; "
                             + (folder.empty() ? "Ctrl-C loses what was answered: --out DIR keeps it." : "Ctrl-C keeps what was answered, and the same command goes on."));
    }
    noteTrainedOn(asked.sets, context);
    const auto evaluation = evaluation::evaluate(asked.request, asked.sets, folder, toldBy(context), context.cancel);
    context.console.endProgress();
    return evaluation ? show(*evaluation, flags, context) : context.fail(evaluation.message());
}

Result<evaluation::EvalRequest> requestOf(const Flags& flags, const std::vector<const metrics::Metric*>& metrics, Context& context)
{
    const auto settings = metricSettings(flags);
    if (!settings) {
        return settings.error();
    }
    const auto needs = [&](unsigned need) { return std::any_of(metrics.begin(), metrics.end(), [need](const auto* metric) { return (metric->needs & need) != 0; }); };
    if (flags.predictions.empty() && needs(metrics::kReward) && flags.rewardModel.empty()) {
        return Error{"the metric reward needs --reward-model: the model that scores the answers"};
    }
    for (const auto* metric : metrics) { // what one lacks is said before anything is answered
        if ((metric->needs & (metrics::kPattern | metrics::kSchema)) != 0) {
            if (const auto tried = metric->measure({}, *settings); !tried) {
                return Error{((metric->needs & metrics::kSchema) != 0 && !flags.schema.empty() ? flags.schema + ": " : "") + tried.message()};
            }
        }
    }
    evaluation::EvalRequest request;
    request.metrics = metrics;
    request.metricSettings = *settings;
    request.bootstrap = flags.bootstrap;
    request.sampling = flags.sampling;
    request.batch = flags.batch;
    request.isChat = !flags.raw;
    request.byLikelihood = flags.byLikelihood;
    request.bothWays = flags.bothWays;
    request.rewardModel = flags.rewardModel;
    using evaluation::ShotChoice;
    request.shotChoice = !flags.shotRows.empty() ? ShotChoice::ByHand : flags.shotChoice == "nearest" ? ShotChoice::Nearest : ShotChoice::Diverse;
    request.shotRows = flags.shotRows;
    request.chatTemplate = flags.chatTemplate;
    request.foldSystem = flags.foldSystem;
    request.groupBy = flags.groupBy;
    request.device = context.globals.deviceOrAuto();
    request.dtype = context.globals.dtypeOrAuto();
    return request;
}

int listPast(const Flags& flags, Context& context)
{
    const auto project = lookInto(flags.data.project);
    if (!project) {
        return context.fail(project.message());
    }
    Table table({{"evaluation"}, {"of", true}, {"rows", false, true}, {"verdict", true}});
    for (const auto& past : evaluation::pastEvaluations((*project)->folder() / "evaluations")) {
        if (context.console.isJson()) {
            context.console.line({{"folder", past.folder.string()}, {"title", past.title}, {"rows", past.rows}, {"whole", past.isWhole()}, {"verdict", past.verdict}, {"problem", past.problem}});
        }
        table.add({past.name, past.title, counted(past.rows), !past.problem.empty() ? past.problem : past.isWhole() ? past.verdict : "stopped before its end"});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No evaluation is kept there yet." : table.toText(context.console.width()));
    }
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    if (flags.list) {
        return listPast(flags, context);
    }
    const auto metrics = metrics::metricsByName(flags.metrics);
    if (!metrics) {
        context.console.error(metrics.message());
        return kWrongUsage;
    }
    auto request = requestOf(flags, *metrics, context);
    if (!request) {
        return context.fail(request.message());
    }
    return flags.predictions.empty() ? answerAndMeasure(flags, std::move(*request), context) : measurePredictions(flags, std::move(*request), context);
}

} // namespace
} // namespace eval_command

Command evalCommand()
{
    return command<eval_command::Flags>(
        "eval", "Whether tuning helped: base, base with a prompt and tuned on the same rows, with intervals",
        "luthier eval --model MODEL --adapter runs/first/adapter --data held_out.jsonl --metrics exact_match,rougeL\n"
        "luthier eval --model MODEL --adapter A --data F --metrics accuracy,f1 --system \"Answer briefly.\" --shots 4 --shots-from train.jsonl --out eval\n"
        "luthier eval --run 3 --project ~/tunes --metrics rougeL --general general.jsonl\n"
        "luthier eval --list --project ~/tunes\n"
        "luthier eval --predictions answers.jsonl --metrics bleu,chrf --json",
        eval_command::setup, eval_command::run)
        .withoutTensorsGiven({"--predictions", "--list"});
}

} // namespace luthier::cli
