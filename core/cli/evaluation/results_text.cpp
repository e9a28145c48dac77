// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/evaluation/results_text.h"

#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/evaluation/verdict.h"

#include <algorithm>
#include <cmath>

namespace luthier::cli {

namespace {

using evaluation::Results;

std::string valueCell(const evaluation::MetricValue& value)
{
    const std::string number = evaluation::numberText(*value.metric, value.value);
    return std::isnan(value.interval.low) ? number : number + "  (" + evaluation::intervalText(*value.metric, value.interval) + ")";
}

std::string metricTable(const Results& results, int width)
{
    std::vector<Column> columns{{"metric"}};
    for (const auto& contender : results.contenders) {
        columns.push_back({contender.title, false, true});
    }
    Table table(columns);
    for (std::size_t m = 0; m < results.values.front().size(); ++m) {
        std::vector<std::string> cells{results.values.front()[m].metric->label};
        for (const auto& values : results.values) {
            cells.push_back(valueCell(values[m]));
        }
        table.add(std::move(cells));
    }
    if (std::any_of(results.cut.begin(), results.cut.end(), [](std::int64_t cut) { return cut > 0; })) {
        std::vector<std::string> cells{"answers cut"};
        for (const std::int64_t cut : results.cut) {
            cells.push_back(counted(cut));
        }
        table.add(std::move(cells));
    }
    return table.toText(width);
}

std::string differenceTable(const Results& results, int width)
{
    Table table({{"difference"}, {"metric"}, {"by", false, true}, {"95 %", false, true}, {"p", false, true}, {"better", false, true}, {"worse", false, true}});
    for (const auto& pair : results.differences) {
        const bool hasBetter = pair.metric->better != measures::Better::Neither; // else there is more and less
        table.add({results.contenders[pair.second].title + " against " + results.contenders[pair.first].title, pair.metric->label,
                   evaluation::numberText(*pair.metric, pair.difference), evaluation::intervalText(*pair.metric, pair.interval), fixed(pair.p, 4),
                   hasBetter ? counted(pair.better) : counted(pair.more) + " more", hasBetter ? counted(pair.worse) : counted(pair.less) + " less"});
    }
    return table.isEmpty() ? "" : "\n\n" + table.toText(width);
}

std::string sliceTable(const Results& results, int width)
{
    std::vector<Column> columns{{"slice", true}, {"rows", false, true}};
    for (const auto& contender : results.contenders) {
        columns.push_back({contender.title, false, true});
    }
    Table table(columns);
    for (const auto& slice : results.slices) {
        std::vector<std::string> cells{slice.name, counted(static_cast<std::int64_t>(slice.rows))};
        for (const auto& value : slice.values) {
            cells.push_back(evaluation::numberText(*value.metric, value.value));
        }
        table.add(std::move(cells));
    }
    return table.isEmpty() ? "" : "\n\n" + table.toText(width);
}

std::string flipTable(const Results& results, std::size_t most, int width)
{
    Table table({{"row", false, true}, {"change", false, true}, {"question", true}, {"before", true}, {"now", true}, {"wanted", true}}, true);
    for (std::size_t i = 0; i < std::min(most, results.flips.size()); ++i) {
        const auto& flip = results.flips[i];
        const auto& before = results.contenders.front().rows[flip.row];
        table.add({std::to_string(results.rows[flip.row].row), evaluation::numberText(*results.values.front().front().metric, flip.change),
                   results.rows[flip.row].question, before.prediction, results.contenders.back().rows[flip.row].prediction,
                   before.references.empty() ? "" : before.references.front()});
    }
    return table.isEmpty() ? "" : "\n\n" + table.toText(width);
}

} // namespace

std::string evaluationText(const Results& results, std::size_t flips, int width)
{
    std::string text = metricTable(results, width) + differenceTable(results, width) + sliceTable(results, width) + flipTable(results, flips, width) + "\n\n"
                       + results.verdict;
    for (const auto& note : results.notes) {
        text += "\n" + note;
    }
    return text;
}

} // namespace luthier::cli
