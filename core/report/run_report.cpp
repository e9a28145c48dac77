// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/run_report.h"

#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/config/run_config.h"
#include "core/evaluation/past.h"
#include "core/measures/measure.h"
#include "core/peft/folders/origin.h"
#include "core/publish/model_card.h"
#include "core/report/evaluation_section.h"
#include "core/report/html.h"
#include "core/report/line_chart.h"
#include "core/report/people_votes.h"
#include "core/store/adapter_library.h"
#include "core/store/event_codec.h"
#include "core/store/event_history.h"
#include "core/train/event_measures.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <string_view>

namespace luthier::report {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMostHashed = std::uintmax_t{8} << 30; // larger files would take minutes

FileHash hashOf(const std::string& what, const fs::path& path)
{
    std::error_code code;
    if (!fs::exists(path, code)) {
        return {what, path.string(), "it is not there any more"};
    }
    if (!fs::is_regular_file(path, code) || fs::file_size(path, code) > kMostHashed) {
        return {what, path.string(), fs::is_directory(path, code) ? "a folder" : "not hashed: larger than 8 GiB"};
    }
    const auto hash = base::sha256OfFile(path);
    return {what, path.string(), hash ? *hash : hash.message()};
}

bool isOfModel(const fs::path& file)
{
    const std::string extension = file.extension().string();
    return extension == ".safetensors" || extension == ".gguf" || file.filename() == "config.json" || file.filename() == "tokenizer.json"
           || file.filename() == "tokenizer.model";
}

std::vector<FileHash> filesOf(const store::RunRow& run, const config::RunConfig& config, const base::CancelToken& cancel)
{
    std::vector<FileHash> files;
    const auto add = [&](const std::string& what, const fs::path& path) {
        if (!cancel.isCancelled()) {
            files.push_back(hashOf(what, path));
        }
    };
    const auto addFolder = [&](const std::string& what, const fs::path& folder) {
        std::error_code code;
        std::vector<fs::path> found;
        for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
            if (isOfModel(it->path())) {
                found.push_back(it->path());
            }
        }
        std::sort(found.begin(), found.end());
        for (const auto& path : found) {
            add(what, path);
        }
        if (found.empty() && !folder.empty()) {
            add(what, folder);
        }
    };
    for (const auto& file : config.data.train) {
        add("training data", file);
    }
    for (const auto& file : config.data.heldOut) {
        add("held-out data", file);
    }
    addFolder("base model", peft::baseOf(run.folder, config.model.path));
    addFolder("result", run.result);
    return files;
}

std::string valueText(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : base::dumpJson(value);
}

// What differs from the usual first.
std::string settingsTable(const Json& recipe)
{
    const Json usual = config::toJson(config::RunConfig{});
    std::vector<std::vector<Cell>> changed;
    std::vector<std::vector<Cell>> others;
    for (const auto& [part, settings] : recipe.items()) {
        if (!settings.is_object()) {
            continue;
        }
        for (const auto& [key, value] : settings.items()) {
            const Json usualPart = usual.value(part, Json::object());
            const bool isUsual = usualPart.contains(key) && usualPart[key] == value;
            const std::string name = part + "." + key;
            (isUsual ? others : changed).push_back({textCell(name), textCell(valueText(value)), textCell(isUsual ? "" : usualPart.contains(key) ? valueText(usualPart[key]) : "")});
        }
    }
    return (changed.empty() ? "" : table({"setting", "value", "usually"}, changed))
           + (others.empty() ? "" : "<details><summary>As usual</summary>" + table({"setting", "value", ""}, others) + "</details>");
}

// A chart for each measure that was taken twice: training steps and sets of rows together.
std::string charts(const std::vector<train::Event>& events)
{
    std::map<const measures::Measure*, std::map<std::string, Curve>> curves;
    std::vector<const measures::Measure*> order;
    const auto take = [&](const measures::Measure& measure, const std::string& set, std::int64_t step, double value) {
        if (!curves.contains(&measure)) {
            order.push_back(&measure);
        }
        Curve& curve = curves[&measure][set];
        curve.name = measures::nameOf(measure, set);
        curve.points.emplace_back(static_cast<double>(step), value);
    };
    for (const train::Event& event : events) {
        const auto* step = std::get_if<train::StepDone>(&event);
        const auto* eval = std::get_if<train::EvalDone>(&event);
        const measures::Values values = step ? train::measuresOf(*step) : eval ? train::measuresOf(*eval) : measures::Values();
        for (const measures::Value& value : values) {
            if (value.measure->drawing != measures::Drawing::None) {
                take(*value.measure, step ? std::string(measures::kStepSet) : eval->set, step ? step->step : eval->step, value.value);
            }
        }
    }
    std::string html;
    for (const measures::Measure* measure : order) {
        std::vector<Curve> some;
        for (const auto& [set, curve] : curves[measure]) {
            some.push_back(curve);
        }
        html += lineChart(measure->label, measure->unit, some);
    }
    return html;
}

std::string warnings(const std::vector<train::Event>& events)
{
    std::string html;
    for (const train::Event& event : events) {
        if (const auto* warning = std::get_if<train::Warning>(&event)) {
            html += "<li>" + escaped(warning->sentence) + "</li>";
        }
    }
    return html.empty() ? "" : "<ul>" + html + "</ul>";
}

// Each value with its step: what was measured before the first, or long before the last, is not what the run came to.
std::string becameOf(const measures::Summary& summary, std::int64_t lastStep)
{
    const auto at = [&](double value, std::int64_t step) {
        return measures::textOf(*summary.measure, value) + (step == 0 ? " before the first step" : " at step " + base::counted(step));
    };
    const bool isOnce = summary.lastStep <= summary.firstStep;
    const std::string text = isOnce ? at(summary.first, summary.firstStep) : at(summary.first, summary.firstStep) + ", " + at(summary.last, summary.lastStep);
    return text + (summary.lastStep < lastStep ? "; not measured since" : "");
}

std::string facts(const RunReport& report)
{
    const auto number = [](std::int64_t value) { return base::counted(value); };
    const store::RunRow& run = report.run;
    std::vector<std::vector<Cell>> rows{{textCell("state"), textCell(run.state)}};
    if (!run.created.empty()) {
        rows.push_back({textCell("begun"), textCell(run.created)});
    }
    rows.push_back({textCell("steps"), textCell(number(run.step) + (run.totalSteps > 0 ? " of " + number(run.totalSteps) : ""))});
    if (run.seconds > 0) {
        rows.push_back({textCell("seconds"), textCell(number(static_cast<std::int64_t>(run.seconds)))});
    }
    for (const train::Event& event : report.events) {
        if (const auto* started = std::get_if<train::RunStarted>(&event)) {
            rows.push_back({textCell("rows"), textCell(number(started->trainRows) + " trained on, " + number(started->heldOutRows) + " held out, "
                                                       + number(started->skippedRows) + " skipped, " + number(started->truncatedRows) + " cut")});
            rows.push_back({textCell("weights"), textCell(number(started->trainableParameters) + " trained of " + number(started->totalParameters))});
            rows.push_back({textCell("device"), textCell(started->device + ", " + started->dtype)});
            break;
        }
    }
    for (const auto& summary : report.run.measures) {
        rows.push_back({textCell(measures::nameOf(*summary.measure, summary.set)), textCell(becameOf(summary, report.run.step))});
    }
    if (!report.run.sentence.empty()) {
        rows.push_back({textCell("why"), textCell(report.run.sentence)});
    }
    if (!report.run.result.empty()) {
        rows.push_back({textCell("result"), textCell(report.run.result)});
    }
    return table({"", ""}, rows);
}

std::string fileTable(const std::vector<FileHash>& files)
{
    std::vector<std::vector<Cell>> rows;
    for (const FileHash& file : files) {
        rows.push_back({textCell(file.what), textCell(file.path), textCell(file.hash)});
    }
    return table({"what", "file", "SHA-256"}, rows);
}

std::string listOf(const std::vector<std::string>& sentences)
{
    std::string html;
    for (const auto& sentence : sentences) {
        html += "<li>" + escaped(sentence) + "</li>";
    }
    return html.empty() ? "" : "<ul>" + html + "</ul>";
}

std::vector<std::string> notMeasuredOf(const RunReport& report)
{
    std::vector<std::string> missing;
    if (report.evaluations.empty()) {
        missing.emplace_back("Answers: no evaluation of this run's result is kept in the project (luthier eval ... --project). Loss says how likely the right "
                             "answers became, not whether the model's own are good.");
    }
    for (const Json& evaluation : report.evaluations) {
        for (auto& sentence : report::notMeasured(evaluation)) {
            if (std::find(missing.begin(), missing.end(), sentence) == missing.end()) {
                missing.push_back(std::move(sentence));
            }
        }
    }
    if (report.events.empty() && !report.isOfProject) {
        missing.emplace_back("Its steps: no project keeps this run and its folder holds no events, so there are no curves. luthier tune --project DIR keeps them, "
                             "and --jsonl FILE writes them.");
    }
    const auto isHeldOut = [](const train::Event& event) { return std::holds_alternative<train::EvalDone>(event); };
    const bool areKnown = report.isOfProject || !report.events.empty();
    if (areKnown && std::none_of(report.events.begin(), report.events.end(), isHeldOut)) {
        missing.emplace_back("Held-out loss: no rows were kept aside.");
    }
    const auto isGeneral = [](const train::Event& event) {
        const auto* eval = std::get_if<train::EvalDone>(&event);
        return eval != nullptr && eval->set != measures::kHeldOutSet;
    };
    const auto hasGeneral = [](const Json& evaluation) { return evaluation.is_object() && evaluation.contains("general"); };
    if (areKnown && std::none_of(report.events.begin(), report.events.end(), isGeneral) && std::none_of(report.evaluations.begin(), report.evaluations.end(), hasGeneral)) {
        missing.emplace_back("Forgetting: no general rows were measured beside the run's own.");
    }
    missing.emplace_back("Chance: this is one run with one seed; another seed gives other numbers.");
    return missing;
}

} // namespace

Result<RunReport> runReport(store::Project& project, store::RunId id, const base::CancelToken& cancel)
{
    auto run = project.run(id);
    auto events = run ? project.events(id) : Result<std::vector<train::Event>>(run.error());
    auto config = events ? config::fromJson(run->recipe) : Result<config::RunConfig>(events.error());
    if (!config) {
        return config.error();
    }
    RunReport report{true, std::move(*run), std::move(*events), {}, {}};
    std::vector<std::string> problems;
    report.evaluations = evaluation::evaluationsOf(project.folder() / "evaluations", report.run.result, problems);
    report.files = filesOf(report.run, *config, cancel);
    for (Json& evaluation : report.evaluations) {
        if (const auto added = addPeople(project, evaluation); !added) {
            problems.push_back(added.message());
        }
    }
    for (const auto& problem : problems) {
        report.files.push_back({"what cannot be read", problem, ""});
    }
    return cancel.isCancelled() ? Result<RunReport>(Error{"cancelled"}) : report;
}

namespace {

std::vector<train::Event> loggedEvents(const fs::path& runFolder)
{
    std::vector<train::Event> events;
    for (const fs::path& path : {runFolder / "events.jsonl", runFolder / "logs" / "events.jsonl"}) {
        if (!events.empty()) {
            break;
        }
        std::ifstream lines(path);
        for (std::string line; std::getline(lines, line);) {
            const auto json = base::parseJson(line);
            auto event = json ? store::eventFromJson(*json) : Result<train::Event>(json.error());
            if (event) { // a last line may have been broken off
                events.push_back(std::move(*event));
            }
        }
    }
    return store::withoutRepeats(std::move(events));
}

// The number of the newest checkpoint.
std::int64_t lastStepIn(const fs::path& runFolder)
{
    constexpr std::string_view kStep = "step-";
    std::error_code code;
    std::int64_t last = 0;
    for (fs::directory_iterator it(runFolder / "checkpoints", code), end; !code && it != end; it.increment(code)) {
        const std::string name = it->path().filename().string();
        std::int64_t step = 0;
        const auto parsed = name.starts_with(kStep) ? std::from_chars(name.data() + kStep.size(), name.data() + name.size(), step) : std::from_chars_result{name.data(), std::errc::invalid_argument};
        last = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() ? std::max(last, step) : last;
    }
    return last;
}

void takeEvents(store::RunRow& run, const std::vector<train::Event>& events)
{
    for (const train::Event& event : events) {
        const auto* started = std::get_if<train::RunStarted>(&event);
        const auto* step = std::get_if<train::StepDone>(&event);
        const auto* eval = std::get_if<train::EvalDone>(&event);
        const auto* ended = std::get_if<train::RunEnded>(&event);
        run.totalSteps = started ? started->totalSteps : run.totalSteps;
        run.step = step ? step->step : ended ? ended->step : run.step;
        for (const measures::Value& value : step ? train::measuresOf(*step) : eval ? train::measuresOf(*eval) : measures::Values()) {
            run.measures.take(*value.measure, step ? measures::kStepSet : std::string_view(eval->set), step ? step->step : eval->step, value.value);
        }
        if (ended) {
            run.state = train::toText(ended->outcome);
            run.seconds = ended->seconds;
            run.sentence = ended->sentence;
        }
    }
}

} // namespace

Result<RunReport> runReport(const fs::path& runFolder, const base::CancelToken& cancel)
{
    const auto config = config::readRecipe(runFolder / "recipe.json");
    if (!config) {
        return config.error();
    }
    RunReport report{false, {}, loggedEvents(runFolder), {}, {}};
    store::RunRow& run = report.run;
    run.name = config->run.name.empty() ? runFolder.filename().string() : config->run.name;
    run.folder = runFolder.string();
    run.recipe = config::toJson(*config);
    std::error_code code;
    for (const char* name : {"adapter", "model", "best"}) {
        run.result = run.result.empty() && fs::exists(runFolder / name, code) ? (runFolder / name).string() : run.result;
    }
    run.state = run.result.empty() ? "stopped" : "finished";
    run.step = lastStepIn(runFolder);
    takeEvents(run, report.events);
    report.files = filesOf(run, *config, cancel);
    return cancel.isCancelled() ? Result<RunReport>(Error{"cancelled"}) : report;
}

Result<std::string> runCard(store::Project& project, store::RunId id)
{
    const auto run = project.run(id);
    const auto config = run ? config::fromJson(run->recipe) : Result<config::RunConfig>(run.error());
    if (!config) {
        return config.error();
    }
    std::error_code code;
    if (run->result.empty() || !fs::exists(run->result, code)) {
        return Error{"run \"" + run->name + "\" has no result that a card could stand beside"
                     + (run->result.empty() ? "; it is " + run->state : ": " + run->result + " is not there any more")};
    }
    publish::CardFacts facts;
    facts.name = run->name.empty() ? "run " + std::to_string(run->id) : run->name;
    facts.base = publish::modelName(peft::baseOf(run->folder, config->model.path));
    facts.isAdapter = fs::exists(fs::path(run->result) / "adapter_config.json", code);
    facts.recipe = run->recipe;
    facts.evaluation = evaluation::newestEvaluationOf(project.folder() / "evaluations", run->result);
    facts.written = store::notesAbout(project, run->result);
    return publish::modelCard(facts);
}

std::string toHtml(const RunReport& report)
{
    std::string body = element("h1", report.run.name) + "<p class=\"quiet\">" + (report.isOfProject ? "Run " + std::to_string(report.run.id) : "A run") + ", by Luthier</p>";
    body += section("What became of it", facts(report));
    for (const Json& evaluation : report.evaluations) {
        body += section("Evaluation", evaluationSection(evaluation));
    }
    body += section("Curves", charts(report.events)) + section("Warnings", warnings(report.events))
            + section("What was not measured", listOf(notMeasuredOf(report))) + section("Settings", settingsTable(report.run.recipe))
            + section("Made from", fileTable(report.files));
    return page(report.run.name, body);
}

std::string toHtml(const Json& evaluation, const std::string& title)
{
    return page(title, element("h1", title) + evaluationSection(evaluation) + section("What was not measured", listOf(notMeasured(evaluation))));
}

} // namespace luthier::report
