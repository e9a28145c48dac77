// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/evaluation_section.h"

#include "core/base/amount.h"
#include "core/evaluation/past.h"
#include "core/metrics/metric.h"
#include "core/report/html.h"
#include "core/report/line_chart.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

namespace luthier::report {

namespace {

// A part of foreign JSON, or what stands for nothing.
const Json& at(const Json& object, const std::string& key)
{
    static const Json kNothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : kNothing;
}

double numberAt(const Json& object, const std::string& key)
{
    const Json& value = at(object, key);
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string textAt(const Json& object, const std::string& key)
{
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : base::dumpJson(value);
}

std::string shown(double value, int digits)
{
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
    return std::isfinite(value) ? std::string(buffer.data(), end.ptr) : "-";
}

std::string countText(const Json& object, const std::string& key, const char* one)
{
    const Json& value = at(object, key);
    return value.is_number_integer() ? base::amount(value.get<std::int64_t>(), one) : "unknown " + std::string(one) + "s";
}

std::string labelOf(const std::string& metric)
{
    const auto found = metrics::findMetric(metric);
    return found ? std::string((*found)->label) : metric;
}

int digitsOf(const std::string& metric)
{
    const auto found = metrics::findMetric(metric);
    return found ? (*found)->digits : 4;
}

std::string withInterval(const Json& value, int digits)
{
    const double low = numberAt(value, "low");
    return shown(numberAt(value, "value"), digits) + (std::isfinite(low) ? " (" + shown(low, digits) + " to " + shown(numberAt(value, "high"), digits) + ")" : "");
}

constexpr std::size_t kMostSystems = 3; // whose numbers, intervals and answers stand beside each other on paper

std::string cutText(const Json& system)
{
    return numberAt(system, "cut") > 0 ? textAt(system, "cut") : "0";
}

// Of more systems than have room beside each other: a row each.
std::string longMetricTable(const Json& systems, const Json& metrics, bool areSomeCut)
{
    std::vector<std::vector<Cell>> rows;
    const auto add = [&](const std::string& label, const auto& text) {
        bool isFirst = true;
        for (const auto& [id, system] : systems.items()) {
            rows.push_back({textCell(isFirst ? label : ""), textCell(textAt(system, "title")), numberCell(text(system))});
            isFirst = false;
        }
    };
    for (const auto& [metric, value] : metrics.items()) {
        const std::string id = metric;
        add(labelOf(id), [&](const Json& system) { return withInterval(at(at(system, "metrics"), id), digitsOf(id)); });
    }
    if (areSomeCut) {
        add("answers cut at the limit of tokens", cutText);
    }
    return table({"metric", "who answered", "value"}, rows);
}

std::string metricTable(const Json& systems, const Json& metrics)
{
    const bool areSomeCut = std::any_of(systems.begin(), systems.end(), [](const Json& system) { return numberAt(system, "cut") > 0; });
    std::vector<std::string> titles{"metric"};
    for (const auto& [id, system] : systems.items()) {
        titles.push_back(textAt(system, "title"));
    }
    std::vector<std::vector<Cell>> rows;
    std::string charts;
    for (const auto& [metric, value] : metrics.items()) {
        std::vector<Cell> row{textCell(labelOf(metric))};
        std::vector<Bar> bars;
        for (const auto& [id, system] : systems.items()) {
            const Json& its = at(at(system, "metrics"), metric);
            row.push_back(numberCell(withInterval(its, digitsOf(metric))));
            bars.push_back({textAt(system, "title"), numberAt(its, "value"), numberAt(its, "low"), numberAt(its, "high")});
        }
        rows.push_back(std::move(row));
        charts += barChart(labelOf(metric), bars);
    }
    if (areSomeCut) {
        std::vector<Cell> row{textCell("answers cut at the limit of tokens")};
        for (const Json& system : systems) {
            row.push_back(numberCell(cutText(system)));
        }
        rows.push_back(std::move(row));
    }
    return (systems.size() > kMostSystems ? longMetricTable(systems, metrics, areSomeCut) : table(titles, rows)) + charts;
}

std::string differenceTable(const Json& results)
{
    std::vector<std::vector<Cell>> rows;
    const auto title = [&](const Json& pair, const char* which) {
        const std::string id = textAt(pair, which);
        const std::string its = textAt(at(at(results, "systems"), id), "title");
        return its.empty() ? id : its;
    };
    std::map<std::string, std::vector<std::string>> byTest; // which metrics; a column of it has no room on paper
    for (const Json& pair : at(results, "differences")) {
        const int digits = digitsOf(textAt(pair, "metric"));
        auto& its = byTest[textAt(pair, "test") == "mcnemar" ? "McNemar's exact test" : textAt(pair, "test")];
        if (std::find(its.begin(), its.end(), labelOf(textAt(pair, "metric"))) == its.end()) {
            its.push_back(labelOf(textAt(pair, "metric")));
        }
        const bool hasBetter = at(pair, "better").is_number(); // what has no better has more and less
        const std::string better = hasBetter ? textAt(pair, "better") : textAt(pair, "more") + " more";
        const std::string worse = hasBetter ? textAt(pair, "worse") : textAt(pair, "less") + " less";
        rows.push_back({textCell(title(pair, "second") + " against " + title(pair, "first")), textCell(labelOf(textAt(pair, "metric"))),
                        numberCell(shown(numberAt(pair, "difference"), digits)),
                        numberCell(shown(numberAt(pair, "low"), digits) + " to " + shown(numberAt(pair, "high"), digits)),
                        numberCell(shown(numberAt(pair, "p"), 4)), numberCell(better),
                        numberCell(worse), numberCell(textAt(pair, "same"))});
    }
    std::string tests;
    for (const auto& [test, metrics] : byTest) {
        tests += tests.empty() ? "p is by " : "; by ";
        tests += test + " for ";
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            tests += (i == 0 ? "" : ", ") + metrics[i];
        }
    }
    return rows.empty() ? "" : "<h3>Differences, row by row</h3>" + table({"pair", "metric", "by", "95 %", "p", "better", "worse", "same"}, rows) + element("p", tests + ".");
}

std::string sliceTable(const Json& results)
{
    std::vector<std::string> titles{"slice", "rows"};
    for (const auto& [id, system] : at(results, "systems").items()) {
        titles.push_back(textAt(system, "title"));
    }
    std::vector<std::vector<Cell>> rows;
    for (const Json& slice : at(results, "slices")) {
        std::vector<Cell> row{textCell(textAt(slice, "name")), numberCell(textAt(slice, "rows"))};
        for (const auto& [id, value] : at(slice, "systems").items()) {
            const int digits = digitsOf(textAt(slice, "metric"));
            row.push_back(numberCell(titles.size() > kMostSystems + 2 ? shown(numberAt(value, "value"), digits) : withInterval(value, digits)));
        }
        rows.push_back(std::move(row));
    }
    const std::string metric = rows.empty() ? "" : labelOf(textAt(at(results, "slices").front(), "metric"));
    return rows.empty() ? "" : "<h3>Where: " + escaped(metric) + " by kind of row</h3>" + table(titles, rows);
}

// Many labels have no room across the page: each stands in a row with what was answered most instead.
std::string confusionList(const std::vector<std::string>& names, const Json& counts)
{
    constexpr std::size_t kNamed = 3;
    std::vector<std::vector<Cell>> rows;
    for (std::size_t i = 0; i < names.size() && i < counts.size(); ++i) {
        std::vector<std::pair<std::int64_t, std::size_t>> wrong; // how often, which
        std::int64_t all = 0;
        std::int64_t right = 0;
        for (std::size_t k = 0; k < counts[i].size(); ++k) {
            const std::int64_t count = counts[i][k].is_number_integer() ? counts[i][k].get<std::int64_t>() : 0;
            all += count;
            right += k == i ? count : 0;
            if (k != i && count > 0) {
                wrong.emplace_back(-count, k);
            }
        }
        std::sort(wrong.begin(), wrong.end());
        std::string instead;
        for (std::size_t k = 0; k < std::min(kNamed, wrong.size()); ++k) {
            instead += (k == 0 ? "" : ", ") + (wrong[k].second < names.size() ? names[wrong[k].second] : "something else") + " (" + base::counted(-wrong[k].first) + ")";
        }
        instead += wrong.size() > kNamed ? ", ..." : "";
        rows.push_back({textCell(names[i]), numberCell(base::counted(all)), numberCell(base::counted(right)), textCell(instead)});
    }
    return table({"wanted", "rows", "right", "answered instead, most often"}, rows);
}

std::string confusionTable(const Json& system)
{
    constexpr std::size_t kMostAcross = 12;
    constexpr std::size_t kWidest = 60; // characters of all
    const Json& labels = at(at(system, "confusion"), "labels");
    const Json& counts = at(at(system, "confusion"), "counts");
    std::vector<std::string> names;
    std::size_t across = 0;
    for (const Json& label : labels) {
        const std::string name = label.is_string() ? label.get<std::string>() : base::dumpJson(label);
        names.push_back(name.find_first_not_of(" \n\t") == std::string::npos ? "(empty)" : name);
        across += names.back().size();
    }
    if (names.empty()) {
        return {};
    }
    const std::string title = "<h3>What " + escaped(textAt(system, "title")) + " answered for what</h3>";
    if (names.size() > kMostAcross || across > kWidest) {
        return title + confusionList(names, counts);
    }
    std::vector<std::string> titles{"wanted"};
    titles.insert(titles.end(), names.begin(), names.end());
    titles.emplace_back("something else");
    std::vector<std::vector<Cell>> rows;
    for (std::size_t i = 0; i < names.size() && i < counts.size(); ++i) {
        std::vector<Cell> row{textCell(names[i])};
        for (const Json& count : counts[i]) {
            row.push_back(numberCell(base::dumpJson(count)));
        }
        row.resize(titles.size(), numberCell(""));
        rows.push_back(std::move(row));
    }
    return title + table(titles, rows);
}

std::string certainty(const Json& system)
{
    std::vector<std::pair<double, double>> points;
    for (const Json& bin : at(system, "certainty")) {
        if (numberAt(bin, "rows") > 0) {
            points.emplace_back(numberAt(bin, "confidence"), numberAt(bin, "accuracy"));
        }
    }
    return certaintyChart("Certainty of " + textAt(system, "title"), points);
}

// Of more systems than have room, the first and the last, between which the rows changed.
std::string flipTable(const Json& flips, const Json& systems, const std::string& title, std::size_t most)
{
    std::vector<std::string> ids;
    for (const auto& [id, system] : systems.items()) {
        ids.push_back(id);
    }
    if (ids.size() > kMostSystems) {
        ids = {ids.front(), ids.back()};
    }
    std::vector<std::string> titles{"row", "change", "question"};
    for (const std::string& id : ids) {
        titles.push_back(textAt(at(systems, id), "title"));
    }
    titles.emplace_back("wanted");
    const auto text = [](const std::string& foreign) { return Cell{element("pre", foreign)}; };
    std::vector<std::vector<Cell>> rows;
    for (const Json& flip : flips) {
        if (rows.size() == most) {
            break;
        }
        std::vector<Cell> row{numberCell(textAt(flip, "row")), numberCell(shown(numberAt(flip, "change"), 3)), text(textAt(flip, "question"))};
        for (const std::string& id : ids) {
            row.push_back(text(textAt(at(flip, "answers"), id)));
        }
        const Json& references = at(flip, "references");
        row.push_back(text(references.is_array() && !references.empty() ? references.front().get<std::string>() : ""));
        rows.push_back(std::move(row));
    }
    return rows.empty() ? "" : "<h3>" + escaped(title) + "</h3>" + table(titles, rows);
}

std::string askedTable(const Json& asked)
{
    std::vector<std::vector<Cell>> rows;
    for (const auto& [key, value] : asked.items()) {
        rows.push_back({textCell(key), textCell(value.is_string() ? value.get<std::string>() : base::dumpJson(value))});
    }
    return rows.empty() ? "" : "<h3>How it was asked</h3>" + table({"setting", "value"}, rows);
}

// How what was there before fared over the steps of one training.
std::string forgettingCurve(const Json& general)
{
    const Json& kept = at(general, "curve");
    Curve curve;
    curve.name = "general rows";
    for (const Json& point : at(kept, "points")) {
        if (point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number()) {
            curve.points.emplace_back(point[0].get<double>(), point[1].get<double>());
        }
    }
    return curve.points.empty() ? "" : lineChart(textAt(kept, "name"), "", {curve});
}

std::string generalSection(const Json& results)
{
    const Json& general = at(results, "general");
    if (!general.is_object()) {
        return {};
    }
    std::string html = "<h3>What was forgotten</h3>" + element("p", textAt(general, "forgetting"));
    for (const Json& set : evaluation::generalSetsIn(results)) {
        html += element("p", textAt(set, "name")) + metricTable(at(set, "systems"), at(set, "metrics"));
    }
    return html + forgettingCurve(general);
}

// Judgings of these answers, where there are any (people_votes.h).
std::string peopleSection(const Json& results)
{
    const Json& people = at(results, "people");
    std::string html;
    for (const Json& judging : people.is_array() ? people : Json::array()) {
        if (numberAt(judging, "judges") > 0) {
            const std::string judges = base::amount(static_cast<std::int64_t>(numberAt(judging, "judges")), "judge");
            html += element("p", textAt(judging, "sentence") + " (" + judges + ", who did not know whose answer was whose.)");
            html += barChart("wins by people's votes, per cent", {{textAt(judging, "second"), 100 * numberAt(judging, "rate"), 100 * numberAt(judging, "low"), 100 * numberAt(judging, "high")}});
        }
        for (const Json& sentence : at(judging, "models")) {
            html += element("p", sentence.is_string() ? sentence.get<std::string>() : "");
        }
    }
    return html.empty() ? "" : "<h3>What was judged</h3>" + html;
}

bool didPeopleJudge(const Json& results)
{
    const Json& people = at(results, "people");
    return people.is_array() && std::any_of(people.begin(), people.end(), [](const Json& judging) { return numberAt(judging, "judges") > 0; });
}

std::string byLikelihoodSection(const Json& results)
{
    const Json& both = at(results, "by_likelihood");
    return both.is_object() ? "<h3>By the likeliest label</h3>" + element("p", textAt(both, "verdict")) + metricTable(at(both, "systems"), at(both, "metrics")) : "";
}

} // namespace

std::string evaluationSection(const Json& results)
{
    constexpr std::size_t kShown = 10; // rows of each kind
    const Json& systems = at(results, "systems");
    std::string html = "<p class=\"verdict\">" + escaped(textAt(results, "verdict")) + "</p><p class=\"quiet\">" + countText(results, "rows", "row") + " in "
                       + countText(results, "groups", "group") + ".</p>";
    for (const Json& note : at(results, "notes")) {
        html += element("p", note.is_string() ? note.get<std::string>() : "");
    }
    html += metricTable(systems, at(results, "metrics")) + differenceTable(results) + peopleSection(results) + byLikelihoodSection(results) + generalSection(results) + sliceTable(results);
    for (const auto& [id, system] : systems.items()) {
        html += confusionTable(system) + certainty(system);
    }
    if (const std::string why = textAt(results, "no_labels"); !why.empty()) {
        html += element("p", "There is no table of what was answered for what: the references are no labels, since " + why + ".");
    }
    const Json& flips = at(results, "flips");
    return html + flipTable(at(flips, "worse"), systems, "Rows that became worse", kShown) + flipTable(at(flips, "better"), systems, "Rows that became better", kShown)
           + flipTable(at(flips, "less"), systems, "Rows with less of the first metric", kShown) + flipTable(at(flips, "more"), systems, "Rows with more of the first metric", kShown)
           + askedTable(at(results, "asked"));
}

std::vector<std::string> notMeasured(const Json& results)
{
    std::vector<std::string> missing;
    const Json& systems = at(results, "systems");
    if (at(systems, "tuned").is_object() && at(systems, "prompted").is_null()) {
        missing.emplace_back("The base with a prompt: whether a system text and a few examples would have done as well.");
    }
    if (systems.is_object() && systems.size() < 2) {
        missing.emplace_back("Anything to compare with: the numbers are of one model alone.");
    }
    if (!at(results, "general").is_object()) {
        missing.emplace_back("Forgetting: no general rows were measured beside (luthier eval --general).");
    }
    if (!didPeopleJudge(results)) {
        missing.emplace_back("People's judgement: whether readers prefer these answers (luthier judge).");
    }
    if (const Json& skipped = at(results, "skipped"); skipped.is_array() && !skipped.empty()) {
        missing.push_back(base::amount(skipped.size(), "row") + " that could not be asked or measured.");
    }
    return missing;
}

} // namespace luthier::report
