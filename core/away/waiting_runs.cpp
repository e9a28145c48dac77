// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/waiting_runs.h"

#include "core/store/runs/run_names.h"

#include <algorithm>
#include <utility>

namespace luthier::away {

namespace {

constexpr const char* kQueueKey = "queue.runs";

std::string placeKey(store::RunId run)
{
    return "place." + std::to_string(run);
}

} // namespace

Json toJson(const WaitingRun& one)
{
    Json json{{"recipe", config::toJson(one.config)}, {"place", toJson(one.place)}};
    if (one.run != 0) {
        json["run"] = one.run;
    }
    return json;
}

Result<WaitingRun> waitingRunFrom(const Json& json)
{
    if (!json.is_object() || !json.contains("recipe") || !json.contains("place")) {
        return Error{"it has no recipe, or no place"};
    }
    auto config = config::fromJson(json["recipe"]);
    auto place = config ? placeFromJson(json["place"]) : Result<RunPlace>(config.error());
    if (!place) {
        return place.error();
    }
    const bool hasRun = json.contains("run");
    if (hasRun && !json["run"].is_number_integer()) {
        return Error{"\"run\" is the number of a run"};
    }
    return WaitingRun{std::move(*config), std::move(*place), hasRun ? json["run"].get<store::RunId>() : 0};
}

std::string WaitingRun::name() const
{
    return store::runNameOf(config);
}

Result<std::vector<WaitingRun>> waitingRuns(store::Project& project)
{
    const auto kept = project.value(kQueueKey);
    if (!kept) {
        return kept.error();
    }
    if (!kept->is_array() && !kept->is_null()) {
        return Error{"the queue of runs cannot be read: it is no list"};
    }
    std::vector<WaitingRun> waiting;
    for (const Json& json : *kept) {
        auto one = waitingRunFrom(json);
        if (!one) {
            return Error{"run " + std::to_string(waiting.size() + 1) + " that waits in the queue cannot be read: " + one.message()};
        }
        waiting.push_back(std::move(*one));
    }
    return waiting;
}

Result<void> keepWaitingRuns(store::Project& project, const std::vector<WaitingRun>& waiting)
{
    Json all = Json::array();
    for (const WaitingRun& one : waiting) {
        all.push_back(toJson(one));
    }
    return project.setValue(kQueueKey, all);
}

Result<Turn> turnOf(store::Project& project, const WaitingRun& first)
{
    if (first.run == 0) {
        return Turn::Begin;
    }
    const auto runs = project.runs();
    if (!runs) {
        return runs.error();
    }
    const auto found = std::find_if(runs->begin(), runs->end(), [&first](const store::RunRow& row) { return row.id == first.run; });
    const bool goesOn = found != runs->end() && found->state != "finished" && found->state != "failed";
    return goesOn ? Turn::GoOn : Turn::Past;
}

Result<void> keepPlace(store::Project& project, store::RunId run, const RunPlace& place)
{
    return place.isAway() ? project.setValue(placeKey(run), toJson(place)) : Result<void>();
}

Result<RunPlace> placeOf(store::Project& project, store::RunId run)
{
    const auto kept = project.value(placeKey(run));
    if (!kept) {
        return kept.error();
    }
    return kept->is_null() ? Result<RunPlace>(RunPlace()) : placeFromJson(*kept);
}

} // namespace luthier::away
