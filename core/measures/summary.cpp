// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/summary.h"

#include <algorithm>
#include <cmath>

namespace luthier::measures {

namespace {

const Measure& loss()
{
    static const Measure& measure = measureOf("loss");
    return measure;
}

} // namespace

void Summaries::take(const Measure& measure, std::string_view set, std::int64_t step, double value)
{
    if (!measure.isOfRun) {
        return;
    }
    const auto at = std::find_if(m_all.begin(), m_all.end(),
                                 [&](const Summary& known) { return known.measure == &measure && known.set == set; });
    if (at == m_all.end()) {
        m_all.push_back({&measure, std::string(set), step, value, step, value});
        return;
    }
    if (step <= at->firstStep) {
        at->firstStep = step;
        at->first = value;
    }
    at->lastStep = step;
    at->last = value;
}

const Summary* Summaries::find(const Measure& measure, std::string_view set) const
{
    const auto at = std::find_if(m_all.begin(), m_all.end(),
                                 [&](const Summary& known) { return known.measure == &measure && known.set == set; });
    return at == m_all.end() ? nullptr : &*at;
}

std::optional<double> Summaries::last(std::string_view set) const
{
    const Summary* found = find(loss(), set);
    return found == nullptr ? std::nullopt : std::optional<double>(found->last);
}

std::optional<double> Summaries::lastLoss() const
{
    return last(kStepSet);
}

std::optional<double> Summaries::heldOut() const
{
    return last(kHeldOutSet);
}

std::optional<double> Summaries::heldOutBefore() const
{
    const Summary* found = find(loss(), kHeldOutSet);
    return found == nullptr || found->firstStep > 0 ? std::nullopt : std::optional<double>(found->first);
}

Json numberJson(double value)
{
    if (std::isnan(value)) {
        return "NaN";
    }
    return std::isinf(value) ? Json(value > 0 ? "Infinity" : "-Infinity") : Json(value);
}

std::string numberText(double value)
{
    const Json json = numberJson(value);
    return json.is_string() ? json.get<std::string>() : base::dumpJson(json);
}

std::vector<Column> columnsOf(const std::vector<const Summaries*>& runs)
{
    std::vector<Column> columns;
    for (const Summaries* run : runs) {
        for (const Summary& summary : *run) {
            const bool isAlways = summary.measure == &loss() && (summary.set == kStepSet || summary.set == kHeldOutSet);
            const Column column{summary.measure, summary.set};
            if (!isAlways && std::find(columns.begin(), columns.end(), column) == columns.end()) {
                columns.push_back(column);
            }
        }
    }
    return columns;
}

Json toJson(const Summaries& summaries)
{
    Json list = Json::array();
    for (const Summary& summary : summaries) {
        list.push_back({{"id", std::string(summary.measure->id)},
                        {"set", summary.set == kStepSet ? Json() : Json(summary.set)},
                        {"first_step", summary.firstStep},
                        {"first", numberJson(summary.first)},
                        {"last_step", summary.lastStep},
                        {"last", numberJson(summary.last)}});
    }
    return list;
}

} // namespace luthier::measures
