// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/evaluate.h"

#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/evaluation/answer_pace.h"
#include "core/evaluation/answer_rewards.h"
#include "core/evaluation/pair_sources.h"
#include "core/evaluation/sittings.h"
#include "core/evaluation/verdict.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

constexpr double kEnoughToTell = 5; // seconds of work that say how long the rest takes
constexpr double kLong = 120;       // seconds left that are worth a sentence

std::string minutes(double seconds)
{
    const auto whole = static_cast<std::int64_t>(std::ceil(seconds / 60));
    return whole < 120 ? std::to_string(whole) + " min" : std::to_string((whole + 30) / 60) + " h";
}

// What is answered, and how long the rest will take: said early, since thousands of rows on a processor are hours.
class Clock {
public:
    Clock(const EvalTold& told, std::int64_t open, bool isKept) : m_told(told), m_pace(open), m_isKept(isKept) {}

    void begin(const std::string& what, std::int64_t atOnce)
    {
        m_what = what;
        m_pace.begin(atOnce);
    }

    void operator()(std::int64_t done, std::int64_t total)
    {
        m_pace.take(done);
        const double left = m_pace.secondsLeft();
        if (!m_isSaid && m_pace.secondsSinceBegin() > kEnoughToTell && left > kLong && m_told.note) {
            m_isSaid = true;
            m_told.note("All answers will take about " + minutes(left) + " more. Fewer rows take less"
                        + (m_isKept ? "; what was answered is kept when you stop, and the same evaluation goes on from there." : "."));
        }
        if (m_told.progress) {
            m_told.progress({m_what, done, total, left});
        }
    }

private:
    const EvalTold& m_told;
    std::string m_what;
    AnswerPace m_pace;
    bool m_isKept;
    bool m_isSaid = false;
};

std::int64_t openRows(const std::vector<EvalSystem>& systems, const std::vector<EvalRow>& rows, const AnswerLog& log)
{
    std::int64_t open = 0;
    for (const auto& system : systems) {
        open += std::count_if(rows.begin(), rows.end(), [&](const EvalRow& row) { return log.find(system.id, row.row) == nullptr; });
    }
    return open;
}

// One set of rows and the log of its answers.
struct Set {
    const EvalRows& rows;
    AnsweringSettings settings;
    AnswerLog log;
    std::vector<EvalSystem> systems;
    std::vector<Contender> contenders; // of the systems
    std::string note;                  // behind a system's title while it answers
};

Result<std::vector<Contender>> contendersOf(const EvalRequest& request, const std::vector<EvalSystem>& systems, const EvalSets& sets, const base::CancelToken& cancel)
{
    std::vector<Contender> contenders;
    for (const auto& system : systems) {
        Contender contender{system.id, !system.adapters.empty(), system.system, {}, {}};
        if (system.shots > 0) {
            if (!sets.shots) {
                return Error{"there is no training data to take " + std::to_string(system.shots) + " examples from"};
            }
            auto chosen = request.shotChoice == ShotChoice::ByHand ? showShots(contender, *sets.shots, sets.rows.rows, request.shotRows)
                                                                   : chooseShots(contender, *sets.shots, sets.rows.rows, system.shots, request.shotChoice, cancel);
            if (!chosen) {
                return chosen.error();
            }
        }
        contenders.push_back(std::move(contender));
    }
    return contenders;
}

Result<void> answerSet(Set& set, inference::Session& session, const Sitting& sitting, Clock& clock, const base::CancelToken& cancel)
{
    for (std::size_t i = 0; i < set.systems.size(); ++i) {
        if (std::find(sitting.systems.begin(), sitting.systems.end(), set.systems[i].id) == sitting.systems.end()) {
            continue;
        }
        const bool isWriting = std::any_of(set.rows.rows.begin(), set.rows.rows.end(), [&](const EvalRow& row) { return isWritten(set.settings, row); });
        clock.begin(set.systems[i].title + set.note, isWriting ? set.settings.batch : 1);
        auto done = answerRows(session, set.contenders[i], set.rows.rows, set.settings, set.log,
                               [&](const std::string&, std::int64_t now, std::int64_t total) { clock(now, total); }, cancel);
        if (!done) {
            return Error{set.systems[i].title + ": " + done.message()};
        }
    }
    return {};
}

bool isOpen(const Set& set, const Sitting& sitting)
{
    return std::any_of(sitting.systems.begin(), sitting.systems.end(), [&](const std::string& id) {
        const bool isIn = std::any_of(set.systems.begin(), set.systems.end(), [&](const EvalSystem& system) { return system.id == id; });
        return isIn && std::any_of(set.rows.rows.begin(), set.rows.rows.end(), [&](const EvalRow& row) { return set.log.find(id, row.row) == nullptr; });
    });
}

Result<void> answerAll(std::vector<Set>& sets, const EvalRequest& request, bool isKept, const EvalTold& told, const base::CancelToken& cancel)
{
    std::int64_t open = 0;
    for (const Set& set : sets) {
        open += openRows(set.systems, set.rows.rows, set.log);
    }
    Clock clock(told, open, isKept);
    for (const Sitting& sitting : sittingsOf(request.systems)) {
        if (std::none_of(sets.begin(), sets.end(), [&](const Set& set) { return isOpen(set, sitting); })) {
            continue;
        }
        if (told.progress) {
            told.progress({"loading " + sitting.model.filename().string(), 0, 0, -1});
        }
        auto session = inference::Session::open({sitting.model, sitting.adapters, request.device, request.dtype, request.chatTemplate, {}, request.foldSystem});
        if (!session) {
            return session.error();
        }
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        for (Set& set : sets) {
            if (auto done = answerSet(set, **session, sitting, clock, cancel); !done) {
                return done;
            }
        }
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> titlesOf(const std::vector<EvalSystem>& systems)
{
    std::vector<std::pair<std::string, std::string>> titles;
    for (const auto& system : systems) {
        titles.emplace_back(system.id, system.title);
    }
    return titles;
}

Json skippedJson(const std::vector<SkippedRow>& skipped)
{
    Json list = Json::array();
    for (const auto& row : skipped) {
        list.push_back({{"row", row.row}, {"why", row.why}});
    }
    return list;
}

// The log of each general set lies in a folder of its own: row 3 there is another row.
Result<std::vector<Set>> openSets(const EvalRequest& request, const EvalSets& sets, const AnsweringSettings& settings, const Json& asked, const fs::path& folder,
                                  const base::CancelToken& cancel)
{
    std::vector<Set> all;
    auto log = AnswerLog::open(folder, asked);
    auto kept = !log || folder.empty() ? Result<void>() : writeRows(folder, sets.rows.rows);
    auto contenders = log && kept ? contendersOf(request, request.systems, sets, cancel) : Result<std::vector<Contender>>(log ? kept.error() : log.error());
    if (!contenders) {
        return contenders.error();
    }
    all.push_back({sets.rows, settings, std::move(*log), request.systems, std::move(*contenders), ""});
    std::vector<EvalSystem> plain;
    std::copy_if(request.systems.begin(), request.systems.end(), std::back_inserter(plain), [](const EvalSystem& system) { return system.system.empty() && system.shots == 0; });
    int number = 0;
    for (const GeneralSet& general : sets.general) {
        ++number;
        const std::string name = number == 1 ? "general" : "general-" + std::to_string(number);
        auto others = AnswerLog::open(folder.empty() ? fs::path() : folder / name, asked);
        auto plainContenders = others ? contendersOf(request, plain, sets, cancel) : Result<std::vector<Contender>>(others.error());
        if (!plainContenders) {
            return plainContenders.error();
        }
        all.push_back({general.rows, scoringOnly(settings), std::move(*others), plain, std::move(*plainContenders), ", " + general.name});
    }
    return all;
}

Result<Results> resultsOf(Scored scored, const std::vector<const metrics::Metric*>& metrics, const EvalRequest& request, const EvalTold& told,
                          const base::CancelToken& cancel)
{
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        if (told.progress) {
            told.progress({"intervals", done, total, -1});
        }
    };
    return results(std::move(scored.contenders), std::move(scored.rows), metrics, request.metricSettings, request.bootstrap, progress, cancel);
}

} // namespace

std::vector<const metrics::Metric*> generalMetrics(const EvalRows& rows)
{
    const auto are = [&](bool (*is)(const EvalRow&)) { return std::all_of(rows.rows.begin(), rows.rows.end(), is); };
    const bool haveChoices = are([](const EvalRow& row) { return !row.choices.empty(); });
    const bool haveLastWords = are([](const EvalRow& row) { return !row.lastWords.empty(); });
    const auto found = metrics::metricsByName(haveChoices ? "acc,acc_norm,acc_bytes,perplexity" : haveLastWords ? "cloze_acc,cloze_perplexity" : "perplexity");
    return found ? *found : std::vector<const metrics::Metric*>();
}

namespace {

// What is left of the base's, by the first metric; 1: all of it, and where the base had nothing that could be lost.
double keptOf(const Results& results, std::size_t system)
{
    const MetricValue& base = results.values.front().front();
    const double now = results.values[system].front().value;
    if (base.metric->better == measures::Better::Lower) {
        return base.value / now;
    }
    return base.value == 0 ? 1 : now / base.value;
}

std::string percent(double share)
{
    return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

// Where both ways are far apart, one of them does not say what the model knows.
std::vector<std::string> disagreements(const std::string& title, const std::vector<MetricValue>& written, const std::vector<MetricValue>& likeliest)
{
    constexpr double kFar = 0.05;
    std::vector<std::string> notes;
    for (const MetricValue& value : likeliest) {
        const auto other = std::find_if(written.begin(), written.end(), [&](const MetricValue& one) { return one.metric == value.metric; });
        if (other != written.end() && value.metric->isRightOrWrong && std::abs(value.value - other->value) > kFar) {
            notes.push_back("Of " + title + " the written answers and the likeliest labels disagree (" + value.metric->label + " " + numberText(*value.metric, other->value)
                            + " and " + numberText(*value.metric, value.value) + "): it knows more, or less, than it writes.");
        }
    }
    return notes;
}

// One that answered nothing hinders the others, unless it is the one that all is about. Error: it is, or nobody is left.
Result<std::vector<EvalSystem>> whoAnswered(const std::vector<EvalSystem>& systems, const std::vector<EvalRow>& rows, const AnswerLog& log, std::vector<std::string>& notes)
{
    std::vector<EvalSystem> answered;
    for (const EvalSystem& system : systems) {
        const Answer* first = nullptr; // that has a problem
        const bool isAnswered = std::any_of(rows.begin(), rows.end(), [&](const EvalRow& row) {
            const Answer* answer = log.find(system.id, row.row);
            first = first == nullptr && answer != nullptr && !answer->problem.empty() ? answer : first;
            return answer != nullptr && answer->problem.empty();
        });
        if (isAnswered) {
            answered.push_back(system);
            continue;
        }
        const std::string why = system.title + " answered none of the " + base::amount(rows.size(), "row") + (first == nullptr ? std::string() : ": " + first->problem);
        if (system.id == systems.back().id) {
            return Error{why};
        }
        notes.push_back(why + (why.ends_with('.') ? " It" : ". It") + " is left out.");
        notes.back().front() = static_cast<char>(std::toupper(static_cast<unsigned char>(notes.back().front())));
    }
    return answered;
}

// Accuracy and the rest of each system once more, by its likeliest labels.
Result<void> measureByLabel(Evaluation& evaluation, const std::vector<EvalSystem>& systems, const EvalRequest& request, const EvalSets& sets, const AnswerLog& log, const EvalTold& told, const base::CancelToken& cancel)
{
    std::vector<const metrics::Metric*> some;
    for (const auto* metric : request.metrics) {
        const bool isOfLabels = (metric->needs & metrics::kReferences) != 0 && (metric->needs & ~(metrics::kReferences | metrics::kConfidence)) == 0;
        if (isOfLabels) {
            some.push_back(metric);
        }
    }
    if (some.empty()) {
        some.push_back(*metrics::findMetric("accuracy"));
    }
    std::vector<SkippedRow> skipped;
    auto measured = resultsOf(scoredRows(sets.rows.rows, titlesOf(systems), log, skipped, true), some, request, told, cancel);
    if (!measured) {
        return Error{"labels by likelihood: " + measured.message()};
    }
    for (std::size_t c = 0; c < measured->contenders.size(); ++c) {
        const auto notes = disagreements(measured->contenders[c].title, evaluation.results.values[c], measured->values[c]);
        evaluation.results.notes.insert(evaluation.results.notes.end(), notes.begin(), notes.end());
    }
    evaluation.byLabel = std::move(*measured);
    evaluation.json["notes"] = evaluation.results.notes;
    evaluation.json["by_likelihood"] = toJson(*evaluation.byLabel);
    return {};
}

Result<void> measureGeneral(Evaluation& evaluation, const std::vector<Set>& open, const EvalRequest& request, const EvalSets& sets, const EvalTold& told, const base::CancelToken& cancel)
{
    Json list = Json::array();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < sets.general.size(); ++i) {
        const Set& set = open[i + 1];
        const GeneralSet& general = sets.general[i];
        auto skipped = general.rows.skipped;
        std::vector<std::string> silent; // who answered nothing
        const auto answered = whoAnswered(set.systems, general.rows.rows, set.log, silent);
        if (!answered || !silent.empty()) {
            return Error{general.name + ": " + (answered ? silent.front() : answered.message())};
        }
        auto measured = resultsOf(scoredRows(general.rows.rows, titlesOf(set.systems), set.log, skipped), generalMetrics(general.rows), request, told, cancel);
        if (!measured) {
            return Error{general.name + ": " + measured.message()};
        }
        Json json = toJson(*measured);
        json["name"] = general.name;
        json["skipped"] = skippedJson(skipped);
        json["forgetting"] = forgettingOf(*measured, set.systems);
        list.push_back(std::move(json));
        names.push_back(general.name);
        evaluation.general.push_back(std::move(*measured));
    }
    const auto& systems = open.back().systems;
    const ForgettingCurve curve = forgettingCurve(evaluation.general, systems);
    evaluation.json["general"] = {{"sets", std::move(list)}, {"forgetting", forgettingOf(evaluation.general, names, systems)}};
    if (!curve.points.empty()) {
        evaluation.json["general"]["curve"] = {{"name", curve.name}, {"points", curve.points}};
    }
    return {};
}

void noteGroups(Results& results, const std::string& groupBy)
{
    if (results.groups >= results.rows.size()) {
        return;
    }
    const std::string by = groupBy.empty() || groupBy == kByQuestion ? "question" : groupBy;
    results.notes.insert(results.notes.begin(), "Rows with the same " + by + " count together, as one draw: " + base::amount(results.rows.size(), "row") + " in "
                                                    + base::amount(results.groups, "group") + ".");
}

// Before those of the numbers: what they are of comes first.
void addNotes(Evaluation& evaluation, std::vector<std::string> notes, const EvalSets& sets)
{
    for (const TrainedOn& trained : sets.trainedOn) {
        notes.push_back(sentenceOf(trained, sets.rows.rows.size()));
        evaluation.json["trained_on"].push_back({{"by", trained.name}, {"rows", trained.rows.size()}, {"of", sets.rows.rows.size()}});
    }
    evaluation.results.notes.insert(evaluation.results.notes.begin(), notes.begin(), notes.end());
    evaluation.json["notes"] = evaluation.results.notes;
}

} // namespace

Result<Evaluation> measure(std::vector<ScoredContender> contenders, std::vector<RowFacts> rows, std::vector<SkippedRow> skipped, const EvalRequest& request,
                           const EvalTold& told, const base::CancelToken& cancel)
{
    auto measured = resultsOf({std::move(contenders), std::move(rows)}, request.metrics, request, told, cancel);
    if (!measured) {
        return measured.error();
    }
    Evaluation evaluation{std::move(*measured), {}, {}, std::move(skipped), {}, {}};
    noteGroups(evaluation.results, request.groupBy);
    evaluation.json = toJson(evaluation.results);
    evaluation.json["grouped_by"] = request.groupBy.empty() ? kByQuestion : request.groupBy;
    evaluation.json["skipped"] = skippedJson(evaluation.skipped);
    return evaluation;
}

Result<void> keep(const Evaluation& evaluation)
{
    return base::writeFileAtomically(evaluation.folder / "results.json", base::dumpJson(evaluation.json, 2) + "\n");
}

Result<Evaluation> evaluate(const EvalRequest& request, const EvalSets& sets, const fs::path& folder, const EvalTold& told, const base::CancelToken& cancel)
{
    const auto settings = answeringOf(request, sets.rows.rows);
    const auto asked = settings ? askedOf(request, sets, *settings) : Result<Json>(settings.error());
    auto open = asked ? openSets(request, sets, *settings, *asked, folder, cancel) : Result<std::vector<Set>>(asked.error());
    if (!open) {
        return open.error();
    }
    const std::size_t before = open->front().log.size();
    if (before > 0 && told.note) {
        told.note(folder.string() + ": " + base::amount(before, "answer") + std::string(base::oneOrMany(before, " is", " are")) + " there already");
    }
    auto answered = answerAll(*open, request, !folder.empty(), told, cancel);
    if (answered && !request.rewardModel.empty()) {
        answered = rewardAnswers(request, sets.rows.rows, open->front().log, told, cancel);
    }
    if (!answered) {
        const bool isKept = !folder.empty() && open->front().log.size() > 0;
        return Error{answered.message() + (isKept && !cancel.isCancelled() ? "; what was answered is kept in " + folder.string() : "")};
    }
    std::vector<std::string> notes;
    const auto systems = whoAnswered(request.systems, sets.rows.rows, open->front().log, notes);
    if (!systems) {
        return systems.error();
    }
    auto skipped = sets.rows.skipped;
    auto scored = scoredRows(sets.rows.rows, titlesOf(*systems), open->front().log, skipped);
    if (scored.rows.empty()) {
        const SkippedRow& first = skipped[sets.rows.skipped.size()];
        return Error{"no row was answered by all who answer; row " + std::to_string(first.row) + ": " + first.why};
    }
    auto evaluation = measure(std::move(scored.contenders), std::move(scored.rows), std::move(skipped), request, told, cancel);
    if (!evaluation) {
        return evaluation.error();
    }
    evaluation->json["asked"] = *asked;
    addNotes(*evaluation, std::move(notes), sets);
    if (!request.rewardModel.empty() && !request.rewardTrust.empty()) {
        evaluation->results.notes.push_back(request.rewardTrust);
        evaluation->json["notes"].push_back(request.rewardTrust);
    }
    auto more = settings->labelsBeside ? measureByLabel(*evaluation, *systems, request, sets, open->front().log, told, cancel) : Result<void>();
    more = more && !sets.general.empty() ? measureGeneral(*evaluation, *open, request, sets, told, cancel) : more;
    if (!more) {
        return more.error();
    }
    evaluation->folder = folder;
    if (!folder.empty()) {
        evaluation->json["folder"] = folder.string();
        if (auto kept = keep(*evaluation); !kept) {
            return kept.error();
        }
    }
    return evaluation;
}

std::string forgettingOf(const Results& general, const std::vector<EvalSystem>& systems)
{
    if (general.contenders.size() < 2) {
        return "There is nothing to compare the general rows with: only one system answered.";
    }
    const metrics::Metric& metric = *general.values.front().front().metric;
    const auto pair = std::find_if(general.differences.begin(), general.differences.end(), [&](const auto& one) { return one.first == 0 && one.metric == &metric; });
    const std::string numbers = std::string(metric.label) + " " + numberText(metric, general.values.front().front().value) + " before, "
                                + numberText(metric, general.values.back().front().value) + " now";
    std::string sentence;
    if (!pair->isShown()) {
        sentence = "On " + base::amount(general.rows.size(), "general row") + " no forgetting is shown (" + numbers + ", the difference from "
                   + intervalText(metric, pair->interval) + ").";
    } else {
        sentence = std::string(gainOf(metric, pair->difference) < 0 ? "Something was forgotten" : "Nothing was forgotten: it became better") + ": " + numbers + " on "
                   + base::amount(general.rows.size(), "general row") + " (the difference from " + intervalText(metric, pair->interval) + ").";
    }
    // Over a run's checkpoints: where it was at its worst.
    std::size_t worst = 0;
    for (std::size_t i = 1; i < systems.size(); ++i) {
        const double change = gainOf(metric, general.values[i].front().value - general.values[worst].front().value);
        worst = systems[i].step >= 0 && change < 0 ? i : worst;
    }
    const auto numSteps = std::count_if(systems.begin(), systems.end(), [](const EvalSystem& system) { return system.step >= 0; });
    if (numSteps > 1 && worst > 0 && worst + 1 < systems.size()) {
        sentence += " It was at its worst at step " + std::to_string(systems[worst].step) + " (" + numberText(metric, general.values[worst].front().value) + ").";
    }
    return sentence;
}

std::string forgettingOf(const std::vector<Results>& general, const std::vector<std::string>& names, const std::vector<EvalSystem>& systems)
{
    if (general.size() == 1) {
        return forgettingOf(general.front(), systems);
    }
    if (general.empty() || systems.size() < 2) {
        return "There is nothing to compare the general rows with: only one system answered.";
    }
    std::string lost;
    std::string kept;
    std::string gained;
    double mean = 0;
    for (std::size_t i = 0; i < general.size(); ++i) {
        const metrics::Metric* metric = general[i].values.front().front().metric;
        const auto pair = std::find_if(general[i].differences.begin(), general[i].differences.end(), [&](const auto& one) { return one.first == 0 && one.metric == metric; });
        std::string& list = !pair->isShown() ? kept : gainOf(*metric, pair->difference) < 0 ? lost : gained;
        list += (list.empty() ? "" : ", ") + names[i] + " (" + metric->label + " " + numberText(*metric, general[i].values.front().front().value) + " before, "
                + numberText(*metric, general[i].values.back().front().value) + " now)";
        mean += keptOf(general[i], systems.size() - 1) / static_cast<double>(general.size());
    }
    std::string sentence = lost.empty() ? "Nothing was forgotten that " + std::to_string(general.size()) + " general sets show" : "Something was forgotten: " + lost;
    sentence += (gained.empty() ? "" : "; better became " + gained) + (kept.empty() ? "" : "; no difference is shown on " + kept);
    sentence += std::isfinite(mean) ? "; over all sets " + percent(mean) + " of the base's is left" : "";
    const auto curve = forgettingCurve(general, systems).points;
    const auto worst = std::min_element(curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (curve.size() > 2 && worst != curve.begin() && worst + 1 != curve.end()) {
        sentence += ", and at its worst, at step " + std::to_string(static_cast<std::int64_t>(worst->first)) + ", " + percent(worst->second / 100);
    }
    return sentence + ".";
}

ForgettingCurve forgettingCurve(const std::vector<Results>& general, const std::vector<EvalSystem>& systems)
{
    ForgettingCurve curve;
    if (std::count_if(systems.begin(), systems.end(), [](const EvalSystem& system) { return system.step >= 0; }) < 2 || general.empty()) {
        return curve;
    }
    curve.name = general.size() == 1 ? general.front().values.front().front().metric->label : "left of the base's, mean over the general sets (%)";
    for (std::size_t i = 0; i < systems.size(); ++i) {
        double value = general.front().values[i].front().value;
        if (general.size() > 1) {
            value = 0;
            for (const Results& results : general) {
                value += 100 * keptOf(results, i) / static_cast<double>(general.size());
            }
        }
        if (systems[i].step >= 0 && std::isfinite(value)) {
            curve.points.emplace_back(static_cast<double>(systems[i].step), value);
        }
    }
    std::sort(curve.points.begin(), curve.points.end());
    return curve;
}

} // namespace luthier::evaluation
