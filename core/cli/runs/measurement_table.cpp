// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/runs/measurement_table.h"

#include "core/data/formats/row_writer.h"
#include "core/train/event_measures.h"

#include <map>
#include <utility>

namespace luthier::cli {

MeasurementTable::MeasurementTable(const std::vector<train::Event>& events)
{
    const auto take = [this](std::int64_t step, std::string_view set, const measures::Values& values) {
        for (const measures::Value& value : values) {
            m_all.push_back({step, std::string(set), value.measure, value.value});
        }
    };
    for (const train::Event& event : events) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            take(step->step, measures::kStepSet, train::measuresOf(*step));
        } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            take(eval->step, eval->set, train::measuresOf(*eval));
        }
    }
}

std::string MeasurementTable::toCsv() const
{
    std::map<std::pair<std::string, const measures::Measure*>, std::size_t> columns;
    std::vector<std::string> names{"step"};
    std::map<std::int64_t, std::vector<std::string>> lines;
    for (const Measurement& measured : m_all) {
        const auto [column, isNew] = columns.emplace(std::pair(measured.set, measured.measure), names.size());
        if (isNew) {
            names.push_back(measures::columnOf(*measured.measure, measured.set));
        }
        std::vector<std::string>& line = lines[measured.step];
        line.resize(std::max(line.size(), column->second + 1));
        line[column->second] = measures::numberText(measured.value);
    }
    std::string text = data::csvLine(names, ',');
    for (auto& [step, line] : lines) {
        line.resize(names.size());
        line.front() = std::to_string(step);
        text += data::csvLine(line, ',');
    }
    text.pop_back();
    return text;
}

} // namespace luthier::cli
