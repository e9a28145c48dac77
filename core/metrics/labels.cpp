// SPDX-License-Identifier: GPL-3.0-or-later
// Accuracy, and precision, recall and F1 over labels as scikit-learn has them: 0 where one is not defined, macro over the labels that
// stand in references or predictions.
#include "core/metrics/labels.h"

#include "core/base/amount.h"
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"
#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>
#include <limits>
#include <map>

namespace luthier::metrics {

namespace {

std::string_view labelOf(const ScoredRow& row)
{
    const auto answer = trimmed(row.prediction);
    for (const auto& reference : row.references) {
        if (trimmed(reference) == answer) {
            return answer;
        }
    }
    return trimmed(row.references.front());
}

struct LabelCounts {
    double hits = 0;
    double predicted = 0;
    double referenced = 0;
};

double precisionOf(const LabelCounts& counts)
{
    return counts.predicted > 0 ? counts.hits / counts.predicted : 0;
}

double recallOf(const LabelCounts& counts)
{
    return counts.referenced > 0 ? counts.hits / counts.referenced : 0;
}

double f1Of(const LabelCounts& counts)
{
    return counts.predicted + counts.referenced > 0 ? 2 * counts.hits / (counts.predicted + counts.referenced) : 0;
}

class OverLabels : public Measurement {
public:
    OverLabels(Rows rows, double (*of)(const LabelCounts&), bool isMacro) : m_rows(labelsOf(rows)), m_of(of), m_isMacro(isMacro) {}

    std::size_t rows() const override { return m_rows.predicted.size(); }

    double value(std::span<const std::uint32_t> counts) const override
    {
        std::vector<LabelCounts> labels(m_rows.labels.size());
        LabelCounts all;
        for (std::size_t row = 0; row < counts.size(); ++row) {
            const double times = counts[row];
            const bool isHit = m_rows.predicted[row] == m_rows.referenced[row];
            labels[m_rows.predicted[row]].predicted += times;
            labels[m_rows.referenced[row]].referenced += times;
            labels[m_rows.predicted[row]].hits += isHit ? times : 0;
            all.predicted += times;
            all.referenced += times;
            all.hits += isHit ? times : 0;
        }
        if (!m_isMacro) {
            return all.predicted > 0 ? m_of(all) : std::numeric_limits<double>::quiet_NaN();
        }
        double sum = 0;
        double seen = 0;
        for (const LabelCounts& label : labels) {
            const bool isThere = label.predicted + label.referenced > 0;
            sum += isThere ? m_of(label) : 0;
            seen += isThere ? 1 : 0;
        }
        return sum / seen; // NaN where there are none
    }

    double ofRow(std::size_t row) const override { return m_rows.predicted[row] == m_rows.referenced[row] ? 1 : 0; }

private:
    LabelledRows m_rows;
    double (*m_of)(const LabelCounts&);
    bool m_isMacro;
};

template <class... Arguments>
Measured overLabels(Arguments... arguments)
{
    return std::unique_ptr<Measurement>(std::make_unique<OverLabels>(arguments...));
}

} // namespace

LabelledRows labelsOf(std::span<const ScoredRow> rows)
{
    std::map<std::string_view, std::uint32_t> places;
    for (const ScoredRow& row : rows) {
        places[trimmed(row.prediction)] = 0;
        places[labelOf(row)] = 0;
    }
    LabelledRows result;
    for (auto& [label, place] : places) {
        place = static_cast<std::uint32_t>(result.labels.size());
        result.labels.emplace_back(label);
    }
    for (const ScoredRow& row : rows) {
        result.predicted.push_back(places[trimmed(row.prediction)]);
        result.referenced.push_back(places[labelOf(row)]);
    }
    return result;
}

namespace {

using LabelRows = std::map<std::string_view, std::int64_t>; // how many rows have it

LabelRows rowsOfLabels(std::span<const ScoredRow> rows)
{
    LabelRows found;
    for (const ScoredRow& row : rows) {
        if (!row.references.empty()) {
            ++found[labelOf(row)];
        }
    }
    return found;
}

std::string whyNone(const LabelRows& found)
{
    if (found.size() > kMostLabels) {
        return "they are " + base::amount(found.size(), "different text");
    }
    std::int64_t rows = 0;
    for (const auto& [label, count] : found) {
        if (label.find('\n') != std::string_view::npos || text::toCodePoints(label).size() > kLongestLabel) {
            return "some are longer than " + base::amount(kLongestLabel, "character") + " or have several lines";
        }
        rows += count;
    }
    const bool comeAgain = rows >= 2 * static_cast<std::int64_t>(found.size());
    return comeAgain || found.empty() ? std::string() : "hardly any comes twice (" + base::amount(found.size(), "different text") + " in " + base::amount(rows, "row") + ")";
}

} // namespace

std::string whyNoLabels(std::span<const ScoredRow> rows)
{
    return whyNone(rowsOfLabels(rows));
}

Confusion confusionOf(std::span<const ScoredRow> rows)
{
    const LabelRows frequent = rowsOfLabels(rows);
    Confusion confusion;
    if (frequent.empty() || !whyNone(frequent).empty()) {
        return confusion;
    }
    std::vector<std::pair<std::string_view, std::int64_t>> order(frequent.begin(), frequent.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::map<std::string_view, std::size_t> places;
    for (const auto& [label, count] : order) {
        places[label] = confusion.labels.size();
        confusion.labels.emplace_back(label);
    }
    confusion.counts.assign(order.size(), std::vector<std::int64_t>(order.size() + 1, 0));
    for (const ScoredRow& row : rows) {
        if (!row.references.empty()) {
            const auto found = places.find(trimmed(row.prediction));
            ++confusion.counts[places[labelOf(row)]][found == places.end() ? order.size() : found->second];
        }
    }
    return confusion;
}

bool isRightButForCase(const ScoredRow& row)
{
    const auto answer = trimmed(row.prediction);
    if (row.references.empty() || labelOf(row) == answer) {
        return false;
    }
    const std::string small = text::jinja::lower(answer);
    return std::any_of(row.references.begin(), row.references.end(), [&](const std::string& reference) { return text::jinja::lower(trimmed(reference)) == small; });
}

Measured accuracy(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return trimmed(row.prediction) == labelOf(row) ? 1.0 : 0.0; });
}

Measured exactMatch(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) {
        return bestOf(row, [&](const std::string& reference) { return row.prediction == reference ? 1.0 : 0.0; });
    });
}

Measured precisionMicro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, precisionOf, false);
}

Measured recallMicro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, recallOf, false);
}

Measured f1Micro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, f1Of, false);
}

Measured precisionMacro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, precisionOf, true);
}

Measured recallMacro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, recallOf, true);
}

Measured f1Macro(Rows rows, const MetricSettings&)
{
    return overLabels(rows, f1Of, true);
}

} // namespace luthier::metrics
