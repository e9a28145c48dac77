// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/shootout.h"

#include "core/base/tree_size.h"
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
    Json json{{"method", row.method},
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
    for (const auto& [key, value] : row.settings) {
        json["settings"][key] = value;
    }
    return json;
}

std::string toCsv(const std::vector<ShootoutRow>& rows)
{
    std::vector<const measures::Summaries*> all;
    for (const ShootoutRow& row : rows) {
        all.push_back(&row.measures);
    }
    const std::vector<measures::Column> more = measures::columnsOf(all);
    std::vector<std::string> keys; // of settings that any variant has
    for (const ShootoutRow& row : rows) {
        for (const auto& setting : row.settings) {
            if (std::find(keys.begin(), keys.end(), setting.first) == keys.end()) {
                keys.push_back(setting.first);
            }
        }
    }
    std::vector<std::string> names;
    std::string lines;
    for (const ShootoutRow& row : rows) {
        names.clear();
        std::vector<std::string> cells;
        const Json json = toJson(row);
        for (const auto& [name, value] : json.items()) {
            if (!value.is_structured()) { // settings and measures follow
                names.push_back(name);
                cells.push_back(value.is_null() ? "" : value.is_string() ? value.get<std::string>() : base::dumpJson(value));
            }
        }
        for (const std::string& key : keys) {
            const auto found = std::find_if(row.settings.begin(), row.settings.end(), [&](const auto& setting) { return setting.first == key; });
            names.push_back(key);
            cells.push_back(found == row.settings.end() ? "" : found->second);
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

Variant variantOf(const std::string& text)
{
    Variant variant;
    std::size_t at = 0;
    for (bool isFirst = true; at <= text.size(); isFirst = false) {
        const std::size_t end = std::min(text.find(';', at), text.size());
        const std::string word = text.substr(at, end - at);
        const std::size_t equals = word.find('=');
        if (isFirst) {
            variant.method = word;
        } else {
            variant.settings.emplace_back(word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
        }
        at = end + 1;
    }
    return variant;
}

std::string toText(const Variant& variant)
{
    std::string text = variant.method;
    for (const auto& [key, value] : variant.settings) {
        text += ";" + key + "=" + value;
    }
    return text;
}

Result<config::RunConfig> withMethod(const config::RunConfig& config, const std::string& method)
{
    return withVariant(config, variantOf(method));
}

Result<config::RunConfig> withVariant(const config::RunConfig& config, const Variant& variant)
{
    const std::string& method = variant.method;
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
    for (const auto& [key, value] : variant.settings) {
        if (auto set = config::setByKey(changed, key, value); !set) {
            return set.error();
        }
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
        row.resultBytes = ended->adapter.empty() ? 0 : static_cast<std::int64_t>(base::treeSize(ended->adapter));
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
        const Variant variant = variantOf(methods[i]);
        meter.row.method = variant.method;
        meter.row.settings = variant.settings;
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
        const bool isPlain = methods[at].find(';') == std::string::npos;
        return run(changed, {folder / (isPlain ? methods[at] : std::to_string(at + 1)), {}, false}, control, meter);
    };
    return shootout(config, methods, trial, control, observer, onRow);
}

void giveMemoryBack()
{
    ::malloc_trim(0);
}

} // namespace luthier::train
