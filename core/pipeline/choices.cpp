// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pipeline/pipeline.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace luthier::pipeline {

namespace {

constexpr const char* kKey = "pipeline";
constexpr const char* kLast = "tuning";

std::string textAt(const Json& json, const char* key)
{
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
}

Json objectAt(const Json& json, const char* key)
{
    return json.contains(key) && json[key].is_object() ? json[key] : Json::object();
}

Collecting collectingFrom(const Json& json)
{
    Collecting own;
    own.questions = textAt(json, "questions");
    own.judge = textAt(json, "judge");
    own.rubric = textAt(json, "rubric");
    const auto take = [&json](const char* key, auto& target) {
        if (json.contains(key) && json[key].is_number()) {
            target = json[key].get<std::decay_t<decltype(target)>>();
        }
    };
    take("limit", own.limit);
    take("max_new", own.maxNew);
    take("temperature", own.temperature);
    take("seed", own.seed);
    return own;
}

Json toJson(const Collecting& own)
{
    return {{"questions", own.questions}, {"judge", own.judge}, {"rubric", own.rubric}, {"limit", own.limit}, {"max_new", own.maxNew}, {"temperature", own.temperature}, {"seed", own.seed}};
}

// Kept before ways had runs and settings of their own.
template <class T>
void giveToWay(std::map<std::string, T>& byStage, const std::string& key)
{
    if (auto known = byStage.extract(kLast)) {
        known.key() = key;
        byStage.insert(std::move(known));
    }
}

} // namespace

std::vector<std::string> rulesOf(std::string_view lines)
{
    std::vector<std::string> rules;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        if (end > at) {
            rules.emplace_back(lines.substr(at, end - at));
        }
        at = end + 1;
    }
    return rules;
}

std::string keyOf(const Choices& choices, std::string_view stage)
{
    return stage == kLast ? std::string(stage) + "." + choices.route : std::string(stage);
}

Result<std::optional<Choices>> readChoices(store::Project& project)
{
    const auto json = project.value(kKey);
    if (!json) {
        return json.error();
    }
    if (!json->is_object()) {
        return std::optional<Choices>();
    }
    Choices choices;
    choices.route = findRoute(textAt(*json, "route")) ? textAt(*json, "route") : choices.route;
    choices.model = textAt(*json, "model");
    choices.examples = textAt(*json, "examples");
    choices.preferences = textAt(*json, "preferences");
    choices.rules = textAt(*json, "rules");
    choices.collected = textAt(*json, "collected");
    choices.collect = collectingFrom(objectAt(*json, "collect"));
    const Json settings = objectAt(*json, "settings");
    for (const auto& [stage, list] : settings.items()) {
        for (const Json& pair : list) {
            if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
                choices.settings[stage].emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
            }
        }
    }
    const Json runs = objectAt(*json, "runs");
    for (const auto& [stage, id] : runs.items()) {
        if (id.is_number_integer()) {
            choices.runs[stage] = id.get<store::RunId>();
        }
    }
    giveToWay(choices.settings, keyOf(choices, kLast));
    giveToWay(choices.runs, keyOf(choices, kLast));
    return std::optional(std::move(choices));
}

Result<void> writeChoices(store::Project& project, const Choices& choices)
{
    Json settings = Json::object();
    for (const auto& [stage, list] : choices.settings) {
        settings[stage] = Json::array();
        for (const auto& [key, value] : list) {
            settings[stage].push_back(Json::array({key, value}));
        }
    }
    Json runs = Json::object();
    for (const auto& [stage, id] : choices.runs) {
        runs[stage] = id;
    }
    return project.setValue(kKey, {{"route", choices.route}, {"model", choices.model}, {"examples", choices.examples}, {"preferences", choices.preferences},
                                   {"rules", choices.rules}, {"collect", toJson(choices.collect)}, {"collected", choices.collected}, {"settings", std::move(settings)}, {"runs", std::move(runs)}});
}

} // namespace luthier::pipeline
