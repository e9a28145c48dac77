// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/cli/answering.h"
#include "core/cli/data/files.h"
#include "core/cli/display.h"
#include "core/cli/evaluation/predictions.h"
#include "core/cli/evaluation/results_text.h"
#include "core/cli/inputs.h"
#include "core/evaluation/answering.h"
#include "core/evaluation/pair_sources.h"
#include "core/store/project.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

struct Flags {
    std::string predictions;
    std::string against;
    std::string model;
    std::string base;
    std::vector<std::string> adapters;
    DataFlags data;
    std::string dataFile;
    std::string metrics;
    std::string groupBy;
    bool stemmer = false;
    std::string pattern;
    std::string schema;
    std::string system;
    std::int64_t shots = 0;
    std::string shotsFrom;
    std::string shotChoice = "diverse";
    bool raw = false;
    bool byLikelihood = false;
    std::int64_t limit = 0;
    std::int64_t batch = kAnswersAtOnce;
    inference::Sampling sampling;
    statistics::BootstrapSettings bootstrap;
    std::string out;
    std::int64_t flips = 5;
    std::string chatTemplate = "folder";
};

void addMeasuring(CLI::App& app, Flags& flags)
{
    std::string names;
    for (const metrics::Metric& metric : metrics::metrics()) {
        names += (names.empty() ? "" : ", ") + std::string(metric.id);
    }
    app.add_option("--metrics", flags.metrics, "What is measured, the first decides the verdict: " + names)->required()->option_text("a,b,...");
    app.add_option("--group-by", flags.groupBy, "Field of the rows that says which belong together (their source), or tag: intervals take such rows as one. "
                                                "Usually rows with the same question")
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
    app.add_option("--model", flags.model, "Model folder or GGUF file that answers")->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter of the tuned model, DIR=0.7 to weigh it; the base answers without")
        ->allow_extra_args(false)
        ->option_text("DIR");
    app.add_option("--base", flags.base, "The base to compare with, where --model is a whole tuned model")->option_text("DIR");
    app.add_option("--data", flags.dataFile, "Rows with their right answers, which were not trained on")->option_text("FILE");
    app.add_option("--format", flags.data.format, "Shape of the rows; auto looks at the first")->option_text("ID");
    app.add_option("--map", flags.data.columns, "What the file calls a field, as prompt=question,answer=solution")->delimiter(',')->option_text("FIELD=COLUMN...");
    addReading(app, flags.data);
    app.add_option("--system", flags.system, "System text of the base with a prompt")->option_text("TEXT");
    app.add_option("--shots", flags.shots, "Examples shown to the base with a prompt, out of --shots-from")->check(CLI::Range(0, 64))->option_text("K");
    app.add_option("--shots-from", flags.shotsFrom, "Where those examples are: the training data")->option_text("FILE");
    app.add_option("--shot-choice", flags.shotChoice, "diverse: the most different ones, the same for all rows; nearest: those most like each question")
        ->check(CLI::IsMember({"diverse", "nearest"}))
        ->option_text("diverse");
    app.add_flag("--raw", flags.raw, "Questions as bare text, without the chat template");
    app.add_flag("--by-likelihood", flags.byLikelihood, "The answer is the likeliest of the labels that the references name; nothing is written freely");
    app.add_option("--limit", flags.limit, "So many rows, evenly over the file; 0: all")->check(CLI::NonNegativeNumber)->option_text("N");
    addChatTemplate(app, flags.chatTemplate);
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
        const bool hasModel = !flags.model.empty();
        if (hasModel == !flags.predictions.empty()) {
            throw CLI::RequiredError(hasModel ? "give only one of --predictions and --model" : "give --predictions, or --model and --data",
                                     CLI::ExitCodes::RequiredError);
        }
        if (hasModel && flags.dataFile.empty()) {
            throw CLI::RequiredError("--model needs --data: the rows that it is to answer", CLI::ExitCodes::RequiredError);
        }
        if (flags.shots > 0 && flags.shotsFrom.empty()) {
            throw CLI::RequiredError("--shots needs --shots-from: the training data that the examples are taken from", CLI::ExitCodes::RequiredError);
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

void noteSkipped(const std::vector<evaluation::SkippedRow>& skipped, const Context& context)
{
    constexpr std::size_t kShown = 3;
    if (skipped.empty()) {
        return;
    }
    std::string rows;
    for (std::size_t i = 0; i < std::min(kShown, skipped.size()); ++i) {
        rows += "; row " + std::to_string(skipped[i].row) + ": " + oneLine(skipped[i].why);
    }
    context.console.note(counted(static_cast<std::int64_t>(skipped.size())) + " rows were left out" + rows + (skipped.size() > kShown ? "; ..." : ""));
}

Json skippedJson(const std::vector<evaluation::SkippedRow>& skipped)
{
    Json list = Json::array();
    for (const auto& row : skipped) {
        list.push_back({{"row", row.row}, {"why", row.why}});
    }
    return list;
}

// Measures, keeps and shows. `asked` is null where answers were there already.
int measure(std::vector<evaluation::ScoredContender> contenders, std::vector<evaluation::RowFacts> rows, const std::vector<evaluation::SkippedRow>& skipped,
            const std::vector<const metrics::Metric*>& metrics, const Json& asked, const fs::path& folder, const Flags& flags, Context& context)
{
    const auto settings = metricSettings(flags);
    if (!settings) {
        return context.fail(settings.message());
    }
    noteSkipped(skipped, context);
    const auto progress = [&](std::int64_t done, std::int64_t total) { context.console.progress("intervals: " + counted(done) + " of " + counted(total)); };
    const auto results = evaluation::results(std::move(contenders), std::move(rows), metrics, *settings, flags.bootstrap, progress, context.cancel);
    context.console.endProgress();
    if (!results) {
        return context.fail(results.message());
    }
    Json json = evaluation::toJson(*results);
    json["skipped"] = skippedJson(skipped);
    if (!asked.is_null()) {
        json["asked"] = asked;
    }
    if (!folder.empty()) {
        if (auto kept = base::writeFileAtomically(folder / "results.json", base::dumpJson(json, 2) + "\n"); !kept) {
            return context.fail(kept.message());
        }
        json["folder"] = folder.string();
    }
    if (context.console.isJson()) {
        context.console.line(json);
    } else {
        context.console.text(evaluationText(*results, static_cast<std::size_t>(flags.flips), context.console.width()));
    }
    return kDone;
}

int measurePredictions(const Flags& flags, const std::vector<const metrics::Metric*>& metrics, Context& context)
{
    auto predictions = readPredictions(flags.predictions, metrics, flags.groupBy, context.cancel);
    if (!predictions) {
        return context.fail(predictions.message());
    }
    std::vector<evaluation::ScoredContender> contenders;
    if (!flags.against.empty()) {
        auto others = readPredictions(flags.against, metrics, flags.groupBy, context.cancel);
        auto common = others ? keepCommon(*others, *predictions) : Result<void>(others.error());
        if (!common) {
            return context.fail(common.message());
        }
        contenders.push_back({"against", fs::path(flags.against).stem().string(), std::move(others->rows)});
    }
    contenders.push_back({"predictions", fs::path(flags.predictions).stem().string(), std::move(predictions->rows)});
    return measure(std::move(contenders), std::move(predictions->facts), predictions->skipped, metrics, {}, flags.out, flags, context);
}

// One model in memory and who answers with it.
struct Sitting {
    std::string model;
    std::vector<inference::AdapterSpec> adapters;
    std::vector<evaluation::Contender> contenders;
};

struct Plan {
    std::vector<Sitting> sittings;
    std::vector<std::pair<std::string, std::string>> titles; // of all contenders, in their order
};

Result<Plan> planOf(const Flags& flags, const std::vector<evaluation::EvalRow>& rows, Context& context)
{
    std::vector<evaluation::Contender> untuned{{evaluation::kBase, false, "", {}, {}}};
    Plan plan;
    const bool isTuned = !flags.adapters.empty() || !flags.base.empty();
    plan.titles.emplace_back(evaluation::kBase, isTuned ? "base" : "model");
    if (!flags.system.empty() || flags.shots > 0) {
        evaluation::Contender prompted{evaluation::kPrompted, false, flags.system, {}, {}};
        if (flags.shots > 0) {
            auto training = openData(flags.shotsFrom, flags.data, context);
            const auto choice = flags.shotChoice == "nearest" ? evaluation::ShotChoice::Nearest : evaluation::ShotChoice::Diverse;
            auto chosen = training ? evaluation::chooseShots(prompted, **training, rows, flags.shots, choice, context.cancel) : Result<void>(training.error());
            if (!chosen) {
                return chosen.error();
            }
        }
        untuned.push_back(std::move(prompted));
        plan.titles.emplace_back(evaluation::kPrompted, isTuned ? "base with a prompt" : "model with a prompt");
    } else if (isTuned) {
        context.console.note("The base answers without a prompt. A system text and a few examples (--system, --shots) are what tuning has to beat.");
    }
    const evaluation::Contender tuned{evaluation::kTuned, true, "", {}, {}};
    if (isTuned) {
        plan.titles.emplace_back(evaluation::kTuned, "tuned");
    }
    if (flags.base.empty()) {
        if (isTuned) {
            untuned.push_back(tuned);
        }
        plan.sittings.push_back({flags.model, adaptersOf(flags.adapters), std::move(untuned)});
    } else {
        plan.sittings.push_back({flags.base, {}, std::move(untuned)});
        plan.sittings.push_back({flags.model, adaptersOf(flags.adapters), {tuned}});
    }
    return plan;
}

// Everything that decides the answers.
Result<Json> askedOf(const Flags& flags, const evaluation::AnsweringSettings& settings, const std::vector<evaluation::EvalRow>& rows)
{
    std::string content;
    for (const auto& row : rows) {
        content += base::dumpJson(Json{row.row, data::toJson(row.prompt), row.references, row.tools, row.templateVariables}) + "\n";
    }
    Json adapters = Json::array();
    for (const auto& adapter : adaptersOf(flags.adapters)) { // as it can be found from anywhere
        adapters.push_back(fs::absolute(adapter.path).lexically_normal().string() + (adapter.weight == 1 ? "" : "=" + shortest(adapter.weight)));
    }
    Json asked{{"model", fs::absolute(flags.model).lexically_normal().string()},
               {"adapters", std::move(adapters)},
               {"base", flags.base.empty() ? Json() : Json(fs::absolute(flags.base).lexically_normal().string())},
               {"data", fs::absolute(flags.dataFile).lexically_normal().string()},
               {"rows", rows.size()},
               {"rows_sha256", base::sha256(content)},
               {"system", flags.system},
               {"shots", flags.shots},
               {"shots_from", flags.shotsFrom},
               {"shot_choice", flags.shotChoice},
               {"chat_template", flags.chatTemplate}};
    asked.update(evaluation::toJson(settings));
    for (const auto& adapter : flags.adapters) {
        const fs::path weights = adapterOf(adapter).path / "adapter_model.safetensors";
        std::error_code code;
        const auto hash = fs::exists(weights, code) ? base::sha256OfFile(weights) : Result<std::string>(std::string());
        if (!hash) {
            return hash.error();
        }
        asked["adapters_sha256"].push_back(*hash);
    }
    return asked;
}

// --out, or the first free number in the project's evaluations/; one that was begun with the same questions is gone on with.
fs::path folderOf(const Flags& flags, const Json& asked)
{
    if (!flags.out.empty() || flags.data.project.empty()) {
        return flags.out;
    }
    std::error_code code;
    const fs::path all = fs::path(flags.data.project) / "evaluations";
    for (int i = 1;; ++i) {
        const fs::path folder = all / std::to_string(i);
        const auto before = base::readJson(folder / "asked.json");
        if (!fs::exists(folder, code) || (before && *before == asked)) {
            return folder;
        }
    }
}

// What is answered, and how long the rest will take: said early, since thousands of rows on a processor are hours.
class ProgressLine {
public:
    ProgressLine(Context& context, std::size_t contenders) : m_context(context), m_contenders(contenders) {}

    void operator()(const std::string& what, std::int64_t done, std::int64_t total)
    {
        const auto now = std::chrono::steady_clock::now();
        if (what != m_what) {
            m_what = what;
            m_place += 1;
            m_begin = now;
            m_first = done;
        }
        const double seconds = std::chrono::duration<double>(now - m_begin).count();
        std::string left;
        if (done >= m_first + kFewest && done < total) {
            const double ofRow = seconds / static_cast<double>(done - m_first);
            const double rest = ofRow * static_cast<double>(total - done + total * static_cast<std::int64_t>(m_contenders - m_place));
            left = ", about " + duration(rest) + " left";
            if (!m_isSaid && seconds > kEnoughToTell && rest > kLong) {
                m_isSaid = true;
                m_context.console.note("All answers will take about " + duration(rest) + " more. --limit takes fewer rows; Ctrl-C keeps what was answered, "
                                       "and the same command goes on.");
            }
        }
        m_context.console.progress(what + ": " + counted(done) + " of " + counted(total) + " rows" + left);
    }

private:
    static constexpr double kEnoughToTell = 5; // seconds
    static constexpr double kLong = 120;
    static constexpr std::int64_t kFewest = 4; // rows that say how long others take

    Context& m_context;
    std::size_t m_contenders;
    std::string m_what;
    std::size_t m_place = 0;
    std::chrono::steady_clock::time_point m_begin;
    std::int64_t m_first = 0;
    bool m_isSaid = false;
};

Result<void> answerAll(const Plan& plan, const std::vector<evaluation::EvalRow>& rows, const evaluation::AnsweringSettings& settings, const Flags& flags,
                       evaluation::AnswerLog& log, Context& context)
{
    ProgressLine told(context, plan.titles.size());
    for (const Sitting& sitting : plan.sittings) {
        const bool isAnswered = std::all_of(sitting.contenders.begin(), sitting.contenders.end(), [&](const auto& contender) {
            return std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return log.find(contender.id, row.row) != nullptr; });
        });
        if (isAnswered) {
            continue;
        }
        context.console.progress("loading " + sitting.model);
        auto session = inference::Session::open(
            {sitting.model, sitting.adapters, context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(), flags.chatTemplate});
        if (!session) {
            return session.error();
        }
        for (const auto& contender : sitting.contenders) {
            auto done = evaluation::answerRows(**session, contender, rows, settings, log, [&](const auto&... args) { told(args...); }, context.cancel);
            if (!done) {
                return done;
            }
        }
    }
    return {};
}

Result<evaluation::AnsweringSettings> answeringOf(const Flags& flags, const std::vector<const metrics::Metric*>& metrics,
                                                  const std::vector<evaluation::EvalRow>& rows)
{
    evaluation::AnsweringSettings settings;
    settings.sampling = flags.sampling;
    settings.batch = flags.batch;
    settings.isChat = !flags.raw;
    const auto needs = [](const metrics::Metric* metric) { return (metric->needs & metrics::kLikelihood) != 0; };
    settings.likelihood = std::any_of(metrics.begin(), metrics.end(), needs);
    settings.answers = !std::all_of(metrics.begin(), metrics.end(), needs);
    if (flags.byLikelihood) {
        settings.labels = evaluation::labelsIn(rows);
        if (settings.labels.size() < 2) {
            return Error{flags.dataFile + ": the references are no labels (2 to 30 different ones); leave out --by-likelihood, so that answers are written"};
        }
    }
    return settings;
}

int answerAndMeasure(const Flags& flags, const std::vector<const metrics::Metric*>& metrics, Context& context)
{
    auto project = flags.data.project.empty() ? Result<std::shared_ptr<store::Project>>(std::shared_ptr<store::Project>())
                                              : store::Project::open(flags.data.project, true);
    if (!project) {
        return context.fail(project.message());
    }
    auto dataset = openData(flags.dataFile, flags.data, context, project->get());
    auto tags = dataset && *project ? (*project)->tags(flags.dataFile) : Result<store::RowTags>(store::RowTags{});
    auto read = dataset ? tags ? evaluation::evalRows(**dataset, {flags.groupBy, flags.limit}, *tags, context.cancel) : Result<evaluation::EvalRows>(tags.error())
                        : Result<evaluation::EvalRows>(dataset.error());
    if (!read) {
        return context.fail(read.message());
    }
    const auto settings = answeringOf(flags, metrics, read->rows);
    const auto plan = settings ? planOf(flags, read->rows, context) : Result<Plan>(settings.error());
    const auto asked = plan ? askedOf(flags, *settings, read->rows) : Result<Json>(plan.error());
    if (!asked) {
        return context.fail(asked.message());
    }
    const fs::path folder = folderOf(flags, *asked);
    auto log = evaluation::AnswerLog::open(folder, *asked);
    if (!log) {
        return context.fail(log.message());
    }
    if (auto kept = folder.empty() ? Result<void>() : evaluation::writeRows(folder, read->rows); !kept) {
        return context.fail(kept.message());
    }
    if (log->size() > 0) {
        context.console.note(folder.string() + ": " + counted(static_cast<std::int64_t>(log->size())) + " answers are there already");
    }
    auto answered = answerAll(*plan, read->rows, *settings, flags, *log, context);
    context.console.endProgress();
    if (!answered) {
        return context.fail(answered.message() + (folder.empty() || log->size() == 0 ? "" : "; what was answered is kept in " + folder.string()));
    }
    auto scored = evaluation::scoredRows(read->rows, plan->titles, *log, read->skipped);
    return measure(std::move(scored.contenders), std::move(scored.rows), read->skipped, metrics, *asked, folder, flags, context);
}

int run(const Flags& flags, Context& context)
{
    const auto metrics = metrics::metricsByName(flags.metrics);
    if (!metrics) {
        context.console.error(metrics.message());
        return kWrongUsage;
    }
    return flags.predictions.empty() ? answerAndMeasure(flags, *metrics, context) : measurePredictions(flags, *metrics, context);
}

} // namespace

Command evalCommand()
{
    return command<Flags>(
        "eval", "Whether tuning helped: base, base with a prompt and tuned on the same rows, with intervals",
        "luthier eval --model MODEL --adapter runs/first/adapter --data held_out.jsonl --metrics exact_match,rougeL\n"
        "luthier eval --model MODEL --adapter A --data F --metrics accuracy,f1 --system \"Answer briefly.\" --shots 4 --shots-from train.jsonl --out eval\n"
        "luthier eval --predictions answers.jsonl --metrics bleu,chrf --json",
        setup, run);
}

} // namespace luthier::cli
