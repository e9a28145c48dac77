// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rollouts/answered.h"

#include <array>
#include <charconv>
#include <type_traits>
#include <utility>

namespace luthier::rollouts {

namespace {

// A float's own shortest digits, which read back as the same float.
double shortened(float value)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    double same = 0;
    std::from_chars(buffer.data(), end.ptr, same);
    return same;
}

Json listOf(const std::vector<float>& values)
{
    Json list = Json::array();
    for (const float value : values) {
        list.push_back(shortened(value));
    }
    return list;
}

struct List {
    const char* key;
    std::vector<float> objectives::Rollout::* values;
};
constexpr std::array kLists{
    List{"logprobs", &objectives::Rollout::logProbs},   List{"reference", &objectives::Rollout::reference},
    List{"values", &objectives::Rollout::values},       List{"advantages", &objectives::Rollout::advantages},
    List{"returns", &objectives::Rollout::returns},
};

template <class T>
bool take(const Json& json, const char* key, T& target)
{
    if (!json.contains(key)) {
        return false;
    }
    const Json& value = json[key];
    if constexpr (std::is_same_v<T, std::string>) {
        target = value.is_string() ? value.get<std::string>() : std::string();
        return value.is_string();
    } else if constexpr (std::is_same_v<T, bool>) {
        target = value.is_boolean() && value.get<bool>();
        return value.is_boolean();
    } else if constexpr (std::is_integral_v<T>) {
        target = value.is_number_integer() ? value.get<T>() : T();
        return value.is_number_integer();
    } else {
        target = value.is_number() ? static_cast<T>(value.get<double>()) : T();
        return value.is_number();
    }
}

template <class T>
bool takeList(const Json& json, const char* key, std::vector<T>& target)
{
    if (!json.contains(key) || !json[key].is_array()) {
        return false;
    }
    for (const Json& value : json[key]) {
        if (std::is_integral_v<T> ? !value.is_number_integer() : !value.is_number()) {
            return false;
        }
        if constexpr (std::is_integral_v<T>) {
            target.push_back(value.get<T>());
        } else {
            target.push_back(static_cast<T>(value.get<double>()));
        }
    }
    return true;
}

} // namespace

Json toJson(const Answered& answered)
{
    Json json{{"file", answered.file}, {"row", answered.row + 1}, {"group", answered.group}, {"prompt", answered.prompt}, {"answer", answered.answer},
              {"prompt_ids", answered.promptIds}, {"ids", answered.ids}};
    for (const List& list : kLists) {
        json[list.key] = listOf(answered.numbers.*list.values);
    }
    Json rules = Json::array();
    for (const rewards::Verdict& verdict : answered.verdicts) {
        rules.push_back({{"reward", verdict.reward}, {"why", verdict.why}});
    }
    json["reward"] = answered.numbers.reward;
    json["rules"] = std::move(rules);
    json["kl"] = answered.numbers.kl();
    json["ended"] = answered.numbers.ended;
    return json;
}

Result<Answered> answeredFrom(const Json& json)
{
    Answered answered;
    bool good = json.is_object() && take(json, "file", answered.file) && take(json, "row", answered.row) && take(json, "group", answered.group)
                && take(json, "prompt", answered.prompt) && take(json, "answer", answered.answer) && takeList(json, "prompt_ids", answered.promptIds)
                && takeList(json, "ids", answered.ids) && take(json, "reward", answered.numbers.reward) && take(json, "ended", answered.numbers.ended);
    for (const List& list : kLists) {
        good = good && takeList(json, list.key, answered.numbers.*list.values);
        const std::size_t size = (answered.numbers.*list.values).size();
        good = good && (size == answered.ids.size() || size == 0);
    }
    if (!good || answered.ids.empty() || answered.numbers.logProbs.empty()) {
        return Error{"this is no answer of a run"};
    }
    for (const Json& rule : json.contains("rules") && json["rules"].is_array() ? json["rules"] : Json::array()) {
        rewards::Verdict verdict;
        if (!rule.is_object() || !take(rule, "reward", verdict.reward) || !take(rule, "why", verdict.why)) {
            return Error{"this is no answer of a run"};
        }
        answered.verdicts.push_back(std::move(verdict));
    }
    --answered.row;
    return answered;
}

} // namespace luthier::rollouts
