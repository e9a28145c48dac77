// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/shootout.h"

#include "core/data/formats/row_writer.h"
#include "core/peft/methods/method.h"
#include "core/train/event_measures.h"

#include <algorithm>
#include <malloc.h>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

Json orNull(const std::optional<double>& value)
{
    return value ? Json(*value) : Json();
}

} // namespace

double ShootoutRow::trainedShare() const
{
    return totalParameters > 0 ? static_cast<double>(trainedParameters) / static_cast<double>(totalParameters) : 0;
}

Json toJson(const ShootoutRow& row)
{
    return {{"method", row.method},
            {"outcome", toText(row.ended.outcome)},
            {"sentence", row.ended.sentence.empty() ? Json() : Json(row.ended.sentence)},
            {"held_out_before", orNull(row.measures.heldOutBefore())},
            {"held_out", orNull(row.measures.heldOut())},
            {"trained_parameters", row.trainedParameters},
            {"trained_share", row.trainedShare()},
            {"peak_memory_bytes", row.peakMemoryBytes},
            {"seconds", row.ended.seconds},
            {"minutes", row.ended.seconds / 60},
            {"adapter_bytes", row.resultBytes},
            {"adapter", row.ended.adapter.empty() ? Json() : Json(row.ended.adapter)},
            {"learning_rate", row.learningRate},
            {"measures", measures::toJson(row.measures)}};
}

std::string toCsv(const std::vector<ShootoutRow>& rows)
{
    std::vector<const measures::Summaries*> all;
    for (const ShootoutRow& row : rows) {
        all.push_back(&row.measures);
    }
    const std::vector<measures::Column> more = measures::columnsOf(all);
    std::vector<std::string> names;
    std::string lines;
    for (const ShootoutRow& row : rows) {
        names.clear();
        std::vector<std::string> cells;
        const Json json = toJson(row);
        for (const auto& [name, value] : json.items()) {
            if (!value.is_array()) { // the measures follow
                names.push_back(name);
                cells.push_back(value.is_null() ? "" : value.is_string() ? value.get<std::string>() : base::dumpJson(value));
            }
        }
        for (const measures::Column& column : more) {
            const measures::Summary* summary = row.measures.find(*column.measure, column.set);
            const std::string name = measures::columnOf(*column.measure, column.set);
            names.insert(names.end(), {name + "_before", name});
            cells.push_back(summary && summary->before() ? measures::numberText(*summary->before()) : "");
            cells.push_back(summary ? measures::numberText(summary->last) : "");
        }
        lines += data::csvLine(cells, ',');
    }
    return data::csvLine(names, ',') + lines;
}

Result<config::RunConfig> withMethod(const config::RunConfig& config, const std::string& method)
{
    const peft::Method* row = peft::findMethod(method);
    if (!row) {
        std::string known;
        for (const peft::Method& other : peft::methods()) {
            known += (known.empty() ? "" : ", ") + other.id;
        }
        return Error{"\"" + method + "\" is no method; there are " + known};
    }
    config::RunConfig changed = config;
    if (config.method.kind != method) {
        changed.method.kind = method;
        changed.optimizer.learningRate = row->usualLearningRate;
    }
    return changed;
}

void ShootoutMeter::onEvent(const Event& event)
{
    take(row.measures, event);
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        row.trainedParameters = started->trainableParameters;
        row.totalParameters = started->totalParameters;
    } else if (const auto* step = std::get_if<StepDone>(&event)) {
        row.peakMemoryBytes = std::max(row.peakMemoryBytes, step->memoryBytes);
    } else if (const auto* ended = std::get_if<RunEnded>(&event)) {
        row.ended = *ended;
        row.resultBytes = ended->adapter.empty() ? 0 : bytesIn(ended->adapter);
    }
    if (m_next) {
        m_next->onEvent(event);
    }
}

Result<std::vector<ShootoutRow>> shootout(const config::RunConfig& config, const std::vector<std::string>& methods,
                                          const Trial& trial, StopControl& control, RunObserver* observer,
                                          const std::function<void(const ShootoutRow&)>& onRow)
{
    if (methods.empty()) {
        return Error{"name at least one method, such as lora,full"};
    }
    std::vector<config::RunConfig> configs;
    for (const std::string& method : methods) {
        auto changed = withMethod(config, method);
        if (!changed) {
            return changed.error();
        }
        configs.push_back(std::move(*changed));
    }
    std::vector<ShootoutRow> rows;
    for (std::size_t i = 0; i < methods.size() && !control.stopRequested(); ++i) {
        giveMemoryBack();
        ShootoutMeter meter(observer);
        meter.row.method = methods[i];
        meter.row.learningRate = configs[i].optimizer.learningRate;
        meter.row.ended = trial(i, configs[i], meter);
        rows.push_back(meter.row);
        if (onRow) {
            onRow(rows.back());
        }
    }
    return rows;
}

Result<std::vector<ShootoutRow>> shootout(const config::RunConfig& config, const std::vector<std::string>& methods,
                                          const fs::path& folder, StopControl& control, RunObserver* observer,
                                          const std::function<void(const ShootoutRow&)>& onRow)
{
    const Trial trial = [&](std::size_t at, const config::RunConfig& changed, RunObserver& meter) {
        return run(changed, {folder / methods[at], {}, false}, control, meter);
    };
    return shootout(config, methods, trial, control, observer, onRow);
}

void giveMemoryBack()
{
    ::malloc_trim(0);
}

std::int64_t bytesIn(const fs::path& folder)
{
    std::int64_t bytes = 0;
    std::error_code code;
    for (const auto& entry : fs::recursive_directory_iterator(folder, code)) {
        bytes += entry.is_regular_file(code) ? static_cast<std::int64_t>(entry.file_size(code)) : 0;
    }
    return bytes;
}

} // namespace luthier::train
