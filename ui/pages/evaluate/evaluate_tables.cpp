// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluate/evaluate_tables.h"

#include "core/metrics/metric.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("EvaluateTables", text);
}

const Json& at(const Json& object, const std::string& key)
{
    static const Json nothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

double numberAt(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

const metrics::Metric* metricOf(const std::string& id)
{
    const auto found = metrics::findMetric(id);
    return found ? *found : nullptr;
}

QString metricLabel(const std::string& id)
{
    const auto* metric = metricOf(id);
    return metric == nullptr ? QString::fromStdString(id) : QCoreApplication::translate("Metric", metric->label);
}

int digitsOf(const std::string& id)
{
    const auto* metric = metricOf(id);
    return metric == nullptr ? 4 : metric->digits;
}

QString shown(double value, int digits)
{
    const bool isNothing = std::abs(value) * std::pow(10.0, digits) < 0.5; // which has no sign
    return std::isfinite(value) ? QLocale().toString(isNothing ? 0.0 : value, 'f', digits) : QStringLiteral("\u2013");
}

QString withInterval(const Json& value, int digits)
{
    const double low = numberAt(value, "low");
    const QString text = shown(numberAt(value, "value"), digits);
    //: a value, low and high end of its interval
    return std::isfinite(low) ? tr("%1  (%2 to %3)").arg(text, shown(low, digits), shown(numberAt(value, "high"), digits)) : text;
}

} // namespace

QString resultText(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
}

QStringList systemsIn(const Json& results)
{
    QStringList ids;
    for (const auto& [id, system] : at(results, "systems").items()) {
        ids += QString::fromStdString(id);
    }
    return ids;
}

QString titleOfSystem(const Json& results, const QString& id)
{
    const QString title = resultText(at(at(results, "systems"), id.toStdString()), "title");
    return title.isEmpty() ? id : title;
}

const Json& byLabelIn(const Json& results)
{
    return at(results, "by_likelihood");
}

namespace {

// A metric's name, and whether it is of the likeliest labels.
QString named(const std::string& metric, bool ofLabels)
{
    return ofLabels ? tr("%1, of the likeliest label").arg(metricLabel(metric)) : metricLabel(metric);
}

void addMetrics(const Json& results, bool ofLabels, TextGrid& grid)
{
    const Json& systems = at(results, "systems");
    for (const auto& [metric, value] : at(results, "metrics").items()) {
        QStringList line{named(metric, ofLabels)};
        for (const auto& [id, system] : systems.items()) {
            line += withInterval(at(at(system, "metrics"), metric), digitsOf(metric));
        }
        line.resize(grid.headings.size());
        grid.lines.push_back(std::move(line));
    }
}

void addDifferences(const Json& results, bool ofLabels, TextGrid& grid)
{
    for (const Json& pair : at(results, "differences")) {
        const std::string metric = resultText(pair, "metric").toStdString();
        const int digits = digitsOf(metric);
        const auto count = [&](const char* key) { return QLocale().toString(numberAt(pair, key), 'f', 0); };
        const bool hasBetter = at(pair, "better").is_number(); // what has no better has more and less
        const QString better = hasBetter ? count("better") : tr("%1 more").arg(count("more"));
        const QString worse = hasBetter ? count("worse") : tr("%1 less").arg(count("less"));
        grid.lines.push_back({tr("%1 against %2").arg(titleOfSystem(results, resultText(pair, "second")), titleOfSystem(results, resultText(pair, "first"))), named(metric, ofLabels),
                              shown(numberAt(pair, "difference"), digits),
                              tr("%1 to %2").arg(shown(numberAt(pair, "low"), digits), shown(numberAt(pair, "high"), digits)), shown(numberAt(pair, "p"), 4),
                              better, worse, count("same")});
    }
}

} // namespace

TextGrid metricGrid(const Json& results)
{
    TextGrid grid{{tr("Metric")}, {}, 1};
    for (const QString& id : systemsIn(results)) {
        grid.headings += titleOfSystem(results, id);
    }
    addMetrics(results, false, grid);
    addMetrics(byLabelIn(results), true, grid);
    const Json& systems = at(results, "systems");
    if (std::any_of(systems.begin(), systems.end(), [](const Json& system) { return numberAt(system, "cut") > 0; })) {
        QStringList line{tr("answers cut at the most tokens")};
        for (const Json& system : systems) {
            line += shown(numberAt(system, "cut"), 0);
        }
        grid.lines.push_back(std::move(line));
    }
    return grid;
}

TextGrid differenceGrid(const Json& results)
{
    TextGrid grid{{tr("Difference"), tr("Metric"), tr("By"), tr("95 %"), tr("p"), tr("Better"), tr("Worse"), tr("Same")}, {}, 2};
    addDifferences(results, false, grid);
    addDifferences(byLabelIn(results), true, grid);
    return grid;
}

TextGrid sliceGrid(const Json& results)
{
    TextGrid grid{{tr("Rows that are"), tr("Rows")}, {}, 1};
    for (const QString& id : systemsIn(results)) {
        grid.headings += titleOfSystem(results, id);
    }
    for (const Json& slice : at(results, "slices")) {
        QStringList line{resultText(slice, "name"), QLocale().toString(numberAt(slice, "rows"), 'f', 0)};
        for (const auto& [id, value] : at(slice, "systems").items()) {
            line += withInterval(value, digitsOf(resultText(slice, "metric").toStdString()));
        }
        line.resize(grid.headings.size());
        grid.lines.push_back(std::move(line));
    }
    return grid;
}

TextGrid confusionGrid(const Json& results, const QString& system)
{
    const Json& confusion = at(at(at(results, "systems"), system.toStdString()), "confusion");
    TextGrid grid;
    const Json& labels = at(confusion, "labels");
    if (!labels.is_array() || labels.empty()) {
        return grid;
    }
    grid.headings += tr("Wanted");
    for (const Json& label : labels) {
        grid.headings += label.is_string() ? QString::fromStdString(label.get<std::string>()) : QString();
    }
    grid.headings += tr("something else");
    const Json& counts = at(confusion, "counts");
    for (std::size_t i = 0; i < labels.size() && counts.is_array() && i < counts.size(); ++i) {
        QStringList line{grid.headings[static_cast<qsizetype>(i) + 1]};
        for (const Json& count : counts[i]) {
            line += count.is_number() ? QLocale().toString(count.get<double>(), 'f', 0) : QString();
        }
        line.resize(grid.headings.size());
        grid.lines.push_back(std::move(line));
    }
    return grid;
}

bool hasBetter(const Json& results)
{
    return !at(at(results, "flips"), "more").is_array();
}

std::vector<ChangedRow> changedRows(const Json& results, bool up)
{
    std::vector<ChangedRow> rows;
    const bool isBetter = hasBetter(results);
    for (const Json& flip : at(at(results, "flips"), up ? (isBetter ? "better" : "more") : (isBetter ? "worse" : "less"))) {
        ChangedRow row;
        row.row = static_cast<qint64>(numberAt(flip, "row"));
        row.change = numberAt(flip, "change");
        row.question = resultText(flip, "question");
        const Json& references = at(flip, "references");
        row.reference = references.is_array() && !references.empty() && references[0].is_string() ? QString::fromStdString(references[0].get<std::string>()) : QString();
        for (const QString& id : systemsIn(results)) {
            row.answers.emplace_back(titleOfSystem(results, id), resultText(at(flip, "answers"), id.toLatin1().constData()));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::pair<double, double>> certaintyPoints(const Json& results, const QString& system)
{
    std::vector<std::pair<double, double>> points;
    for (const Json& bin : at(at(at(results, "systems"), system.toStdString()), "certainty")) {
        if (numberAt(bin, "rows") > 0) {
            points.emplace_back(numberAt(bin, "confidence"), numberAt(bin, "accuracy"));
        }
    }
    return points;
}

std::pair<std::vector<std::pair<double, double>>, QString> forgettingPoints(const Json& results)
{
    const Json& curve = at(at(results, "general"), "curve");
    std::vector<std::pair<double, double>> points;
    for (const Json& point : at(curve, "points")) {
        if (point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number()) {
            points.emplace_back(point[0].get<double>(), point[1].get<double>());
        }
    }
    return {points.size() < 2 ? std::vector<std::pair<double, double>>() : points, resultText(curve, "name")};
}

} // namespace luthier::ui
