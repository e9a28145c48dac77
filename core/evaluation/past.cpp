// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/past.h"

#include "core/base/amount.h"
#include "core/base/files.h"

#include <algorithm>
#include <chrono>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

constexpr const char* kResults = "results.json";
constexpr const char* kAsked = "asked.json";

std::int64_t secondsOf(const fs::path& file)
{
    std::error_code code;
    const auto time = fs::last_write_time(file, code);
    const auto system = std::chrono::file_clock::to_sys(time);
    return code ? 0 : std::chrono::duration_cast<std::chrono::seconds>(system.time_since_epoch()).count();
}

std::string textOf(const Json& object, const char* key)
{
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What the tuned one is called: its run's folder, or its own.
std::string nameOf(const Json& asked)
{
    if (!asked.is_object() || !asked.contains("systems") || !asked["systems"].is_array() || asked["systems"].empty()) {
        return "answers";
    }
    const Json& last = asked["systems"].back();
    const bool isAdapter = last.is_object() && last.contains("adapters") && last["adapters"].is_array() && !last["adapters"].empty() && last["adapters"][0].is_string();
    const fs::path path = isAdapter ? last["adapters"][0].get<std::string>() : textOf(last, "model");
    const std::string name = path.filename().string();
    const bool isOfRun = name == "adapter" || name == "model" || name == "best";
    return isOfRun ? "run " + path.parent_path().filename().string() : name;
}

// An adapter may be weighed: DIR=0.7. A project's runs may be links.
bool isUnder(const Json& path, const fs::path& folder)
{
    if (!path.is_string() || folder.empty()) {
        return false;
    }
    std::error_code code;
    const std::string text = path.get<std::string>();
    const auto weight = fs::exists(text, code) ? std::string::npos : text.rfind('=');
    const fs::path whole = fs::weakly_canonical(fs::absolute(text.substr(0, weight), code), code);
    const fs::path its = fs::weakly_canonical(fs::absolute(folder, code), code);
    return whole == its || base::isInside(whole, its);
}

// By its adapters where there are any: what they stand on is then no result of its own.
bool answeredAs(const Json& system, const fs::path& result)
{
    const Json adapters = system.is_object() ? system.value("adapters", Json::array()) : Json::array();
    if (adapters.is_array() && !adapters.empty()) {
        return std::any_of(adapters.begin(), adapters.end(), [&](const Json& adapter) { return isUnder(adapter, result); });
    }
    return system.is_object() && isUnder(system.value("model", Json()), result);
}

// Empty: not known.
Json systemsIn(const Json& results)
{
    const Json asked = results.is_object() ? results.value("asked", Json()) : Json();
    Json systems = asked.is_object() ? asked.value("systems", Json::array()) : Json::array();
    return systems.is_array() ? systems : Json::array();
}

} // namespace

std::vector<PastEvaluation> pastEvaluations(const fs::path& evaluations)
{
    std::vector<PastEvaluation> found;
    std::error_code code;
    for (fs::directory_iterator it(evaluations, code), end; !code && it != end; it.increment(code)) {
        const bool isWhole = fs::exists(it->path() / kResults, code);
        const fs::path file = it->path() / (isWhole ? kResults : kAsked);
        if (!fs::exists(file, code)) {
            continue;
        }
        PastEvaluation past{it->path(), it->path().filename().string(), {}, {}, {}, 0, secondsOf(file)};
        const auto json = base::readJson(file);
        if (!json || !json->is_object()) {
            past.problem = json ? file.string() + ": it is no evaluation" : json.message();
            past.title = past.name;
        } else {
            const Json asked = isWhole ? json->value("asked", Json()) : *json;
            past.verdict = textOf(*json, "verdict");
            const Json rows = json->value("rows", Json());
            past.rows = rows.is_number_integer() ? rows.get<std::int64_t>() : 0;
            past.title = nameOf(asked) + ", " + base::amount(past.rows, "row");
        }
        found.push_back(std::move(past));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return std::pair(a.changed, a.name) > std::pair(b.changed, b.name); });
    return found;
}

std::vector<Json> generalSetsIn(const Json& results)
{
    const Json general = results.is_object() ? results.value("general", Json()) : Json();
    if (!general.is_object()) {
        return {};
    }
    const Json sets = general.value("sets", Json());
    return sets.is_array() ? std::vector<Json>(sets.begin(), sets.end()) : std::vector<Json>{general};
}

bool isOf(const Json& results, const fs::path& result)
{
    const Json systems = systemsIn(results);
    return !systems.empty() && answeredAs(systems.back(), result);
}

std::vector<Json> evaluationsOf(const fs::path& evaluations, const fs::path& result, std::vector<std::string>& problems)
{
    std::vector<std::pair<fs::file_time_type, Json>> found;
    std::error_code code;
    for (fs::directory_iterator it(evaluations, code), end; !code && it != end; it.increment(code)) {
        const fs::path file = it->path() / kResults;
        if (!fs::exists(file, code)) {
            continue;
        }
        auto json = base::readJson(file);
        if (!json) {
            problems.push_back(json.message());
        } else if (const Json systems = systemsIn(*json); std::any_of(systems.begin(), systems.end(), [&](const Json& system) { return answeredAs(system, result); })) {
            found.emplace_back(fs::last_write_time(file, code), std::move(*json));
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<Json> all;
    for (auto& [time, json] : found) {
        all.push_back(std::move(json));
    }
    return all;
}

Json newestEvaluationOf(const fs::path& evaluations, const fs::path& result)
{
    std::vector<std::string> problems;
    auto all = evaluationsOf(evaluations, result, problems);
    return all.empty() ? Json() : std::move(all.front());
}

Result<Json> resultsIn(const fs::path& folder)
{
    std::error_code code;
    if (!fs::exists(folder / kResults, code)) {
        return Error{folder.string() + ": there are no results yet; the evaluation was stopped before its end. Start it again with the same choices: it goes on from there"};
    }
    auto json = base::readJson(folder / kResults);
    if (json && (!json->is_object() || !json->contains("systems"))) {
        return Error{(folder / kResults).string() + ": it is no evaluation's results"};
    }
    return json;
}

} // namespace luthier::evaluation
