// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/results.h"

#include "core/base/amount.h"
#include "core/base/number_json.h"
#include "core/data/sources/row_text.h"
#include "core/evaluation/eval_rows.h"
#include "core/evaluation/verdict.h"
#include "core/metrics/final_number.h"
#include "core/statistics/proportions.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace luthier::evaluation {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewestOfSlice = 5;
constexpr std::size_t kMostSlices = 24;
constexpr std::size_t kFewGroups = 20;

using Measured = std::vector<std::vector<std::unique_ptr<metrics::Measurement>>>; // [contender][metric]

Result<void> checkNeeds(const std::vector<ScoredContender>& contenders, const std::vector<RowFacts>& rows, const std::vector<const metrics::Metric*>& metrics)
{
    for (const ScoredContender& contender : contenders) {
        for (std::size_t i = 0; i < contender.rows.size(); ++i) {
            for (const metrics::Metric* metric : metrics) {
                if (const std::string why = missingFor(*metric, contender.rows[i]); !why.empty()) {
                    return Error{"row " + std::to_string(rows[i].row) + " of " + contender.title + ": " + why};
                }
            }
        }
    }
    return {};
}

class Maker {
public:
    Maker(Results& results, const std::vector<const metrics::Metric*>& metrics, const metrics::MetricSettings& settings,
          const statistics::BootstrapSettings& bootstrap)
        : m_results(results), m_metrics(metrics), m_settings(settings), m_bootstrap(bootstrap)
    {
        std::vector<std::string> groups;
        for (const RowFacts& row : results.rows) {
            groups.push_back(row.group);
        }
        m_groups = groupNumbers(groups);
        results.groups = statistics::numClusters(m_groups);
    }

    Result<void> make(const base::Progress& progress, const base::CancelToken& cancel)
    {
        for (const ScoredContender& contender : m_results.contenders) {
            auto& row = m_measured.emplace_back();
            for (const metrics::Metric* metric : m_metrics) {
                auto measured = metric->measure(contender.rows, m_settings);
                if (!measured) {
                    return measured.error();
                }
                row.push_back(std::move(*measured));
                if (cancel.isCancelled()) {
                    return Error{"cancelled"};
                }
            }
        }
        std::vector<statistics::ValueOfCounts> values;
        for (const auto& contender : m_measured) {
            for (const auto& metric : contender) {
                values.emplace_back([&metric](std::span<const std::uint32_t> counts) { return metric->value(counts); });
            }
        }
        auto drawn = statistics::resample(values, m_groups, m_bootstrap, progress, cancel);
        if (!drawn) {
            return drawn.error();
        }
        m_drawn = std::move(*drawn);
        fillValues();
        fillDifferences();
        fillFlips();
        fillSlices();
        fillTables();
        fillNotes();
        m_results.verdict = verdictOf(m_results);
        return {};
    }

private:
    const std::vector<double>& drawnOf(std::size_t contender, std::size_t metric) const { return m_drawn[contender * m_metrics.size() + metric]; }
    bool rowsStandAlone() const { return m_results.groups == m_results.rows.size(); }

    // Every draw alike: all right, all wrong, or the same rows right. What they scatter by is not seen, which is not to say that it is nothing.
    static bool isFlat(const std::vector<double>& drawn)
    {
        return drawn.empty() || *std::max_element(drawn.begin(), drawn.end()) == *std::min_element(drawn.begin(), drawn.end());
    }

    // Shares of rows that stand alone have a better interval than drawing gives; where every draw is alike, too.
    bool isShare(const metrics::Metric& metric, const std::vector<double>& drawn, std::size_t groups) const
    {
        return metric.isRightOrWrong && groups > 0 && (isFlat(drawn) || groups == m_results.rows.size());
    }

    statistics::Interval intervalOf(const metrics::Metric& metric, double value, const std::vector<double>& drawn, std::size_t groups) const
    {
        const auto n = static_cast<double>(groups);
        if (isShare(metric, drawn, groups)) {
            return statistics::wilsonInterval(value * n, n, m_bootstrap.level);
        }
        return statistics::percentileInterval(drawn, groups, m_bootstrap.level);
    }

    void fillValues()
    {
        for (std::size_t c = 0; c < m_measured.size(); ++c) {
            auto& row = m_results.values.emplace_back();
            for (std::size_t m = 0; m < m_metrics.size(); ++m) {
                const double value = m_measured[c][m]->value();
                row.push_back({m_metrics[m], value, intervalOf(*m_metrics[m], value, drawnOf(c, m), m_results.groups)});
            }
        }
    }

    void fillDifferences()
    {
        const std::size_t last = m_measured.size() - 1;
        for (std::size_t first = 0; first < last; ++first) {
            for (std::size_t m = 0; m < m_metrics.size(); ++m) {
                m_results.differences.push_back(differenceOf(first, last, m));
            }
        }
    }

    PairedDifference differenceOf(std::size_t first, std::size_t second, std::size_t m) const
    {
        const metrics::Metric& metric = *m_metrics[m];
        PairedDifference pair;
        pair.first = first;
        pair.second = second;
        pair.metric = &metric;
        pair.difference = m_results.values[second][m].value - m_results.values[first][m].value;
        std::vector<double> drawn;
        for (std::size_t i = 0; i < drawnOf(first, m).size(); ++i) {
            drawn.push_back(drawnOf(second, m)[i] - drawnOf(first, m)[i]);
        }
        std::erase_if(drawn, [](double value) { return std::isnan(value); });
        pair.standardError = statistics::standardDeviation(drawn);
        std::int64_t more = 0;
        std::int64_t less = 0;
        std::vector<double> changes(m_results.groups, 0); // of each group; NaN: it is not known
        for (std::size_t i = 0; i < m_results.rows.size(); ++i) {
            const double change = m_measured[second][m]->ofRow(i) - m_measured[first][m]->ofRow(i);
            more += change > 0 ? 1 : 0;
            less += change < 0 ? 1 : 0;
            changes[m_groups[i]] += change;
        }
        const auto differing = changes.size() - static_cast<std::size_t>(std::count(changes.begin(), changes.end(), 0.0));
        pair.same = static_cast<std::int64_t>(m_results.rows.size()) - more - less;
        const bool isLower = metric.better == measures::Better::Lower;
        pair.more = more;
        pair.less = less;
        pair.better = isLower ? less : more;
        pair.worse = isLower ? more : less;
        const auto rows = static_cast<double>(m_results.rows.size());
        const auto groups = static_cast<double>(m_results.groups);
        const double ofRows = groups / rows;
        pair.interval = isShare(metric, drawn, m_results.groups)
                            ? statistics::pairedInterval(static_cast<double>(less) * ofRows, static_cast<double>(more) * ofRows, groups, m_bootstrap.level)
                            : statistics::percentileInterval(drawn, m_results.groups, m_bootstrap.level);
        const bool isExact = metric.isRightOrWrong && rowsStandAlone();
        pair.test = isExact ? "mcnemar" : "paired bootstrap";
        pair.p = isExact ? statistics::mcnemar(more, less) : statistics::bootstrapP(drawn, differing);
        const double enough = statistics::rowsToShow(pair.difference, pair.standardError, rows);
        pair.rowsToShow = pair.p < 0.05 ? enough : std::max(enough, rows + 1); // what so few did not show, as few cannot show
        return pair;
    }

    void fillFlips()
    {
        if (m_measured.size() < 2) {
            return;
        }
        const auto& first = *m_measured.front().front();
        const auto& last = *m_measured.back().front();
        for (std::size_t i = 0; i < m_results.rows.size(); ++i) {
            const double difference = last.ofRow(i) - first.ofRow(i);
            const double change = m_metrics.front()->better == measures::Better::Lower ? -difference : difference; // of what has no better: how much more
            if (std::isfinite(change) && change != 0) {
                m_results.flips.push_back({i, change});
            }
        }
        std::stable_sort(m_results.flips.begin(), m_results.flips.end(), [](const Flip& a, const Flip& b) { return std::abs(a.change) > std::abs(b.change); });
    }

    void fillSlices()
    {
        std::map<std::string, std::vector<std::size_t>> byTag;
        std::map<std::string, std::vector<std::size_t>> byLabel;
        std::vector<std::pair<std::size_t, std::size_t>> byLength;
        const auto& rows = m_results.contenders.front().rows;
        const bool areLabels = !metrics::confusionOf(rows).labels.empty();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (const auto& tag : m_results.rows[i].tags) {
                byTag["tag: " + tag].push_back(i);
            }
            if (areLabels && !rows[i].references.empty()) {
                byLabel["label: " + (data::isBlank(rows[i].references.front()) ? "(empty)" : rows[i].references.front())].push_back(i);
            }
            byLength.emplace_back(text::toCodePoints(m_results.rows[i].question).size(), i);
        }
        for (const auto* groups : {&byTag, &byLabel}) {
            for (const auto& [name, places] : *groups) {
                addSlice(name, places);
            }
        }
        std::sort(byLength.begin(), byLength.end());
        if (byLength.empty() || byLength.front().first == byLength.back().first) { // no question is known, or all are as long
            return;
        }
        constexpr std::array<const char*, 3> kThirds{"short questions", "middling questions", "long questions"};
        for (std::size_t third = 0; third < kThirds.size(); ++third) {
            std::vector<std::size_t> places;
            for (std::size_t i = third * byLength.size() / kThirds.size(); i < (third + 1) * byLength.size() / kThirds.size(); ++i) {
                places.push_back(byLength[i].second);
            }
            addSlice(kThirds[third], places);
        }
    }

    void addSlice(const std::string& name, const std::vector<std::size_t>& places)
    {
        if (places.size() < kFewestOfSlice || m_results.slices.size() >= kMostSlices) {
            return;
        }
        Slice slice{name, places.size(), {}};
        std::vector<std::uint32_t> counts(m_results.rows.size(), 0);
        std::set<std::uint32_t> groups;
        for (const std::size_t place : places) {
            counts[place] = 1;
            groups.insert(m_groups[place]);
        }
        for (const auto& contender : m_measured) {
            const double value = contender.front()->value(counts);
            const auto n = static_cast<double>(groups.size());
            const bool isShare = m_metrics.front()->isRightOrWrong;
            slice.values.push_back({m_metrics.front(), value, isShare ? statistics::wilsonInterval(value * n, n) : statistics::Interval{kNone, kNone}});
        }
        m_results.slices.push_back(std::move(slice));
    }

    void fillTables()
    {
        m_results.whyNoLabels = metrics::whyNoLabels(m_results.contenders.front().rows);
        for (const ScoredContender& contender : m_results.contenders) {
            m_results.confusions.push_back(metrics::confusionOf(contender.rows));
            // Free answers are hardly ever the reference to the letter: how sure the model was of them tells nothing.
            const bool areRight = !m_results.confusions.back().labels.empty()
                                  || std::any_of(m_metrics.begin(), m_metrics.end(), [](const auto* metric) { return (metric->needs & metrics::kConfidence) != 0; });
            const bool isKnown = areRight && std::any_of(contender.rows.begin(), contender.rows.end(), [](const auto& row) { return row.confidence.has_value(); });
            m_results.cut.push_back(std::count_if(contender.rows.begin(), contender.rows.end(), [](const auto& row) { return row.isCut; }));
            m_results.certainty.push_back(isKnown ? metrics::certaintyBins(contender.rows) : std::vector<metrics::CertaintyBin>());
        }
    }

    void fillNotes()
    {
        if (m_results.groups < kFewGroups) {
            m_results.notes.push_back("There " + std::string(base::oneOrMany(m_results.groups, "is", "are")) + " only " + base::amount(m_results.groups, "group")
                                      + " of rows; intervals from so few are rough, and small differences cannot be seen.");
        }
        for (std::size_t c = 0; c < m_results.contenders.size(); ++c) {
            const auto& rows = m_results.contenders[c].rows;
            const auto empty = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return data::isBlank(row.prediction); });
            if (empty > 0) {
                m_results.notes.push_back(base::amount(empty, "answer") + " of " + m_results.contenders[c].title + std::string(base::oneOrMany(empty, " is", " are")) + " empty.");
            }
            noteCut(m_results.contenders[c].title, m_results.cut[c], rows.size());
        }
        noteCase();
        noteEmptyReferences();
        noteReferences();
        noteExtraction("number_match", "number_match_lenient", "numbers");
        noteExtraction("json_valid", "json_valid_lenient", "JSON");
    }

    // What is measured of them is not what would have been said.
    void noteCut(const std::string& title, std::int64_t cut, std::size_t all)
    {
        constexpr double kMany = 0.05;
        if (static_cast<double>(cut) > kMany * static_cast<double>(all)) {
            m_results.notes.push_back(base::counted(cut) + " of " + base::amount(all, "answer") + " of " + title + std::string(base::oneOrMany(cut, " was", " were"))
                                      + " cut at the most tokens that an answer may have. Let answers be longer, or take these numbers for those of beginnings.");
        }
    }

    // Labels are compared letter for letter, as scikit-learn does; where only their case is another, rows or prompt are at fault more often than the model.
    void noteCase()
    {
        const bool isExact = std::any_of(m_metrics.begin(), m_metrics.end(), [](const auto* metric) { return metric->id == "accuracy" || metric->id == "exact_match"; });
        for (std::size_t c = 0; isExact && c < m_results.contenders.size(); ++c) {
            const auto& rows = m_results.contenders[c].rows;
            const auto cased = std::count_if(rows.begin(), rows.end(), [](const metrics::ScoredRow& row) { return metrics::isRightButForCase(row); });
            if (cased > 0) {
                m_results.notes.push_back(base::counted(cased) + " of " + base::amount(rows.size(), "answer") + " of " + m_results.contenders[c].title
                                          + std::string(base::oneOrMany(cased, " is", " are")) + " the reference but for capital and small letters, and counted as wrong.");
            }
        }
    }

    // Whatever is said there is wrong, which is seldom what was meant: an answer got lost on its way into the file.
    void noteEmptyReferences()
    {
        constexpr std::size_t kNamed = 3;
        const bool isCompared = std::any_of(m_metrics.begin(), m_metrics.end(), [](const auto* metric) { return (metric->needs & (metrics::kReferences | metrics::kLikelihood)) != 0; });
        std::size_t number = 0;
        std::string named;
        for (std::size_t i = 0; i < m_results.rows.size(); ++i) {
            const auto& references = m_results.contenders.front().rows[i].references;
            if (references.empty() || !std::all_of(references.begin(), references.end(), data::isBlank)) {
                continue;
            }
            ++number;
            named += number <= kNamed ? (number == 1 ? "" : ", ") + std::to_string(m_results.rows[i].row) : number == kNamed + 1 ? ", ..." : "";
        }
        if (isCompared && number > 0) {
            m_results.notes.push_back((number == 1 ? "The reference of 1 row is empty (row " : "The references of " + base::amount(number, "row") + " are empty (rows ") + named
                                      + "): any answer but an empty one counts as wrong there. Leave such rows out unless nothing is to be said.");
        }
    }

    // Another kind of reference than a metric is made for gives a number all the same, and a wrong idea.
    void noteReferences()
    {
        const auto isAsked = [&](std::string_view beginning) {
            return std::any_of(m_metrics.begin(), m_metrics.end(), [&](const auto* metric) { return metric->id.starts_with(beginning); });
        };
        const auto& rows = m_results.contenders.front().rows;
        const auto without = std::count_if(rows.begin(), rows.end(), [](const metrics::ScoredRow& row) {
            return std::none_of(row.references.begin(), row.references.end(), [](const std::string& text) { return metrics::lenientNumber(text).has_value(); });
        });
        if (isAsked("number_match") && without > 0) {
            m_results.notes.push_back(base::counted(without) + (without == 1 ? " row has no number in its reference; number_match counts it as wrong."
                                                                              : " rows have no number in their references; number_match counts them as wrong."));
        }
        const bool areLabels = isAsked("f1_m") || isAsked("precision_") || isAsked("recall_");
        if (areLabels && !m_results.whyNoLabels.empty()) {
            m_results.notes.push_back("The references are hardly labels: " + m_results.whyNoLabels + "; precision, recall and F1 take each for one of its own.");
        }
    }

    // Where strict and lenient reading are far apart, the answers are right and their form is not, or the reading is wrong.
    void noteExtraction(std::string_view strict, std::string_view lenient, const std::string& what)
    {
        constexpr double kFar = 0.05;
        for (std::size_t c = 0; c < m_results.values.size(); ++c) {
            const auto valueOf = [&](std::string_view id) {
                for (const MetricValue& value : m_results.values[c]) {
                    if (value.metric->id == id) {
                        return value.value;
                    }
                }
                return kNone;
            };
            if (std::abs(valueOf(lenient) - valueOf(strict)) > kFar) {
                m_results.notes.push_back("Of " + m_results.contenders[c].title + " strict and lenient reading of " + what + " disagree ("
                                          + numberText(*m_metrics.front(), valueOf(strict)) + " and " + numberText(*m_metrics.front(), valueOf(lenient))
                                          + "): look at the answers before believing either.");
            }
        }
    }

    Results& m_results;
    const std::vector<const metrics::Metric*>& m_metrics;
    const metrics::MetricSettings& m_settings;
    const statistics::BootstrapSettings& m_bootstrap;
    std::vector<std::uint32_t> m_groups;
    Measured m_measured;
    std::vector<std::vector<double>> m_drawn;
};

// Strict without lenient hides how much its reading decides, and the other way round: both are measured where one is asked for.
std::vector<const metrics::Metric*> withTwins(const std::vector<const metrics::Metric*>& asked)
{
    std::vector<const metrics::Metric*> all = asked;
    for (const metrics::Metric* metric : asked) {
        const std::string id(metric->id);
        const std::string_view lenient = "_lenient";
        const auto twin = metrics::findMetric(id.ends_with(lenient) ? id.substr(0, id.size() - lenient.size()) : id + std::string(lenient));
        if (twin && std::find(all.begin(), all.end(), *twin) == all.end()) {
            all.push_back(*twin);
        }
    }
    return all;
}

Json flipJson(const Results& results, const Flip& flip)
{
    Json answers = Json::object();
    for (const ScoredContender& contender : results.contenders) {
        answers[contender.id] = contender.rows[flip.row].prediction;
    }
    return {{"row", results.rows[flip.row].row},
            {"change", base::numberJson(flip.change)},
            {"question", results.rows[flip.row].question},
            {"references", results.contenders.front().rows[flip.row].references},
            {"answers", std::move(answers)}};
}

Json flipsJson(const Results& results, std::size_t most)
{
    Json up = Json::array();
    Json down = Json::array();
    for (const Flip& flip : results.flips) {
        Json& list = flip.change > 0 ? up : down;
        if (list.size() < most) {
            list.push_back(flipJson(results, flip));
        }
    }
    const bool isNeither = !results.values.empty() && results.values.front().front().metric->better == measures::Better::Neither;
    return isNeither ? Json{{"better", Json::array()}, {"worse", Json::array()}, {"more", std::move(up)}, {"less", std::move(down)}}
                     : Json{{"better", std::move(up)}, {"worse", std::move(down)}};
}

Json differenceJson(const Results& results, const PairedDifference& pair)
{
    const bool isNeither = pair.metric->better == measures::Better::Neither;
    return {{"metric", std::string(pair.metric->id)},
            {"first", results.contenders[pair.first].id},
            {"second", results.contenders[pair.second].id},
            {"difference", base::numberJson(pair.difference)},
            {"low", base::numberJson(pair.interval.low)},
            {"high", base::numberJson(pair.interval.high)},
            {"p", base::numberJson(pair.p)},
            {"test", pair.test},
            {"better", isNeither ? Json() : Json(pair.better)},
            {"worse", isNeither ? Json() : Json(pair.worse)},
            {"more", pair.more},
            {"less", pair.less},
            {"same", pair.same},
            {"shown", pair.isShown()},
            {"rows_to_show", base::numberJson(pair.rowsToShow)}};
}

Json metricsJson(const std::vector<MetricValue>& values)
{
    Json object = Json::object();
    for (const MetricValue& value : values) {
        object[std::string(value.metric->id)] = toJson(value);
    }
    return object;
}

} // namespace

double gainOf(const metrics::Metric& metric, double difference)
{
    return metric.better == measures::Better::Higher ? difference : metric.better == measures::Better::Lower ? -difference : 0;
}

Result<Results> results(std::vector<ScoredContender> contenders, std::vector<RowFacts> rows, const std::vector<const metrics::Metric*>& asked,
                        const metrics::MetricSettings& settings, const statistics::BootstrapSettings& bootstrap, const base::Progress& progress,
                        const base::CancelToken& cancel)
{
    if (contenders.empty() || rows.empty()) {
        return Error{"there are no answers to measure"};
    }
    const auto metrics = withTwins(asked);
    if (auto checked = checkNeeds(contenders, rows, metrics); !checked) {
        return checked.error();
    }
    Results results;
    results.contenders = std::move(contenders);
    results.rows = std::move(rows);
    auto made = Maker(results, metrics, settings, bootstrap).make(progress, cancel);
    return made ? Result<Results>(std::move(results)) : made.error();
}

Json toJson(const MetricValue& value)
{
    return {{"value", base::numberJson(value.value)}, {"low", base::numberJson(value.interval.low)}, {"high", base::numberJson(value.interval.high)}};
}

Json toJson(const Results& results, std::size_t mostFlips)
{
    Json systems = Json::object();
    for (std::size_t c = 0; c < results.contenders.size(); ++c) {
        Json system{{"title", results.contenders[c].title}, {"metrics", metricsJson(results.values[c])}, {"cut", results.cut[c]}};
        if (!results.confusions[c].labels.empty()) {
            system["confusion"] = {{"labels", results.confusions[c].labels}, {"counts", results.confusions[c].counts}};
        }
        if (!results.certainty[c].empty()) {
            Json bins = Json::array();
            for (const auto& bin : results.certainty[c]) {
                bins.push_back({{"rows", bin.rows}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
            }
            system["certainty"] = std::move(bins);
        }
        systems[results.contenders[c].id] = std::move(system);
    }
    Json differences = Json::array();
    for (const auto& pair : results.differences) {
        differences.push_back(differenceJson(results, pair));
    }
    Json slices = Json::array();
    for (const Slice& slice : results.slices) {
        Json values = Json::object();
        for (std::size_t c = 0; c < slice.values.size(); ++c) {
            values[results.contenders[c].id] = toJson(slice.values[c]);
        }
        slices.push_back({{"name", slice.name}, {"rows", slice.rows}, {"metric", std::string(slice.values.front().metric->id)}, {"systems", std::move(values)}});
    }
    Json json{{"metrics", metricsJson(results.values.back())},
            {"rows", results.rows.size()},
            {"groups", results.groups},
            {"verdict", results.verdict},
            {"systems", std::move(systems)},
            {"differences", std::move(differences)},
            {"slices", std::move(slices)},
            {"flips", flipsJson(results, mostFlips)},
            {"notes", results.notes}};
    if (!results.whyNoLabels.empty()) {
        json["no_labels"] = results.whyNoLabels;
    }
    return json;
}

} // namespace luthier::evaluation
