// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/shootout_record.h"

#include "core/base/tree_size.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace luthier::store {

namespace {

Json toJson(const ShootoutRecord& record)
{
    Json entries = Json::array();
    for (const ShootoutEntry& entry : record.entries) {
        entries.push_back({{"method", entry.method}, {"run", entry.run}, {"cancelled", entry.isCancelled}, {"sentence", entry.sentence}});
    }
    return {{"created", record.created}, {"recipe", record.recipe}, {"entries", std::move(entries)}};
}

// Throws what Json throws on another shape.
ShootoutRecord fromJson(const Json& json)
{
    ShootoutRecord record{json.at("created").get<std::string>(), json.at("recipe"), {}};
    for (const Json& entry : json.at("entries")) {
        record.entries.push_back({entry.at("method").get<std::string>(), entry.at("run").get<RunId>(), entry.at("cancelled").get<bool>(),
                                  entry.at("sentence").get<std::string>()});
    }
    return record;
}

Result<Json> listOf(Project& project)
{
    auto list = project.value(kShootoutsKey);
    return list && !list->is_array() ? Result<Json>(Json::array()) : list;
}

// The list without the record of that time.
void drop(Json& list, const std::string& created)
{
    Json kept = Json::array();
    for (Json& other : list) {
        if (!other.is_object() || other.value("created", Json()) != Json(created)) {
            kept.push_back(std::move(other));
        }
    }
    list = std::move(kept);
}

// With milliseconds, since it names the record: "2024-07-26T13:05:09.123Z".
std::string nowText()
{
    using namespace std::chrono;
    const auto now = floor<milliseconds>(system_clock::now());
    const auto second = floor<seconds>(now);
    const std::time_t time = system_clock::to_time_t(second);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>((now - second).count()));
    return text.data();
}

} // namespace

ShootoutRecord newShootout(Json recipe, const std::vector<std::string>& methods)
{
    ShootoutRecord record{nowText(), std::move(recipe), {}};
    for (const std::string& method : methods) {
        record.entries.push_back({method, 0, false, {}});
    }
    return record;
}

Result<std::vector<ShootoutRecord>> shootouts(Project& project)
{
    const auto list = listOf(project);
    if (!list) {
        return list.error();
    }
    std::vector<ShootoutRecord> records;
    for (const Json& json : *list) {
        try {
            records.push_back(fromJson(json));
        } catch (const Json::exception&) { // from another version; the project keeps it
        }
    }
    std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.created > b.created; });
    return records;
}

Result<void> saveShootout(Project& project, const ShootoutRecord& record)
{
    auto list = listOf(project);
    if (!list) {
        return list.error();
    }
    drop(*list, record.created);
    list->insert(list->begin(), toJson(record));
    return project.setValue(kShootoutsKey, *list);
}

Result<void> deleteShootout(Project& project, const std::string& created)
{
    auto list = listOf(project);
    if (!list) {
        return list.error();
    }
    drop(*list, created);
    return project.setValue(kShootoutsKey, *list);
}

Result<MeasuredRun> measuredRun(Project& project, RunId id)
{
    auto run = project.run(id);
    if (!run) {
        return run.error();
    }
    const auto events = project.events(id);
    if (!events) {
        return events.error();
    }
    train::ShootoutMeter meter(nullptr);
    for (const train::Event& event : *events) {
        meter.onEvent(event);
    }
    MeasuredRun measured{meter.row, std::move(*run)};
    const RunRow& row = measured.run;
    measured.row.resultBytes = row.result.empty() ? 0 : static_cast<std::int64_t>(base::treeSize(row.result)); // the project may have moved since
    measured.row.ended.adapter = row.result;
    measured.row.ended.seconds = row.seconds;
    const auto config = config::fromJson(row.recipe);
    measured.row.method = config ? config->method.kind : std::string();
    measured.row.learningRate = config ? config->optimizer.learningRate : 0;
    return measured;
}

} // namespace luthier::store
