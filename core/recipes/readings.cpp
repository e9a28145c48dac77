// SPDX-License-Identifier: GPL-3.0-or-later
// Values that several programs write alike.
#include "core/objectives/objectives.h"
#include "core/recipes/foreign_rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

namespace luthier::recipes {

namespace fs = std::filesystem;

namespace {

bool hasChoice(const std::string& key, const std::string& choice)
{
    const auto setting = config::findSetting(key);
    return setting && std::any_of(setting->field->choices.begin(), setting->field->choices.end(), [&](const fields::Choice& one) { return one.id == choice; });
}

struct NamedRow {
    const char* theirs; // a name that begins so
    const char* ours;
};

constexpr NamedRow kOptimizers[] = {
    {"adamw_bnb_8bit", "adamw_8bit"}, {"adamw_8bit", "adamw_8bit"}, {"adamw", "adamw"}, {"adafactor", "adafactor"}, {"lion", "lion"},
    {"sgd", "sgd"},                   {"muon", "muon"},
};

constexpr NamedRow kSchedules[] = {
    {"linear", "linear"},
    {"cosine_with_restarts", "cosine_with_restarts"},
    {"cosine", "cosine"},
    {"constant", "constant"},
    {"polynomial", "polynomial"},
    {"inverse_sqrt", "inverse_sqrt"},
    {"warmup_stable_decay", "warmup_stable_decay"},
};

} // namespace

Reading set(const std::string& key, const std::string& value)
{
    return {{{key, value}}, {}, {}};
}

Reading lost(const std::string& why)
{
    return {{}, why, {}};
}

Reading usual()
{
    return {};
}

bool isTrue(const Json& value)
{
    return value.is_boolean() ? value.get<bool>() : value.is_number() ? value.get<double>() != 0 : value.is_string() && (value == "true" || value == "True" || value == "yes");
}

double numberOf(const Json& value, double otherwise)
{
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_string()) { // "2e-5", which YAML 1.1 reads as a word
        try {
            return std::stod(value.get<std::string>());
        } catch (const std::exception&) {
            return otherwise;
        }
    }
    return otherwise;
}

std::string textOf(const Json& value)
{
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        std::vector<std::string> items;
        for (const Json& item : value) {
            items.push_back(textOf(item));
        }
        return fields::toText(fields::Value(items));
    }
    if (value.is_number_float()) {
        const double number = value.get<double>();
        const auto whole = static_cast<std::int64_t>(number);
        return static_cast<double>(whole) == number ? std::to_string(whole) : fields::toText(fields::Value(number));
    }
    return base::dumpJson(value);
}

Reading readModel(const Json& value, const Source& source)
{
    const std::string name = textOf(value);
    std::error_code code;
    const fs::path here = source.folder / name;
    if (fs::exists(here, code)) {
        return set("model.path", here.lexically_normal().string());
    }
    Reading reading = set("model.path", name);
    if (!fs::exists(name, code)) {
        reading.notes.push_back("model.path: " + name + " is a name of a hub; download it (luthier models download " + name + ") and name its folder.");
    }
    return reading;
}

Reading readOptimizer(const Json& value, const Source&)
{
    std::string name = textOf(value);
    const bool isPaged = name.starts_with("paged_");
    name = isPaged ? name.substr(6) : name;
    for (const NamedRow& row : kOptimizers) {
        if (name.starts_with(row.theirs)) {
            if (!hasChoice("optimizer.kind", row.ours)) {
                return lost("there is no such optimizer here");
            }
            Reading reading = set("optimizer.kind", row.ours);
            if (isPaged) {
                reading.settings.push_back({"optimizer.paging", "on"});
            }
            return reading;
        }
    }
    return lost("there is no such optimizer here");
}

Reading readSchedule(const Json& value, const Source&)
{
    const std::string name = textOf(value);
    for (const NamedRow& row : kSchedules) {
        if (name.starts_with(row.theirs)) {
            return hasChoice("schedule.kind", row.ours) ? set("schedule.kind", row.ours) : lost("there is no such schedule here");
        }
    }
    return lost("there is no such schedule here");
}

Reading readTargets(const Json& value, const Source&)
{
    const std::string text = textOf(value);
    if (text == "all" || text == "all-linear") {
        return set("method.target_modules", "all-linear");
    }
    return set("method.target_modules", text);
}

Reading readFour(const Json& value, const Source&)
{
    return isTrue(value) ? Reading{{{"method.kind", "qlora"}}, {}, {}} : usual();
}

Reading readHere(const Json&, const Source&)
{
    return usual();
}

Reading readDataFile(const std::string& path, const Source& source)
{
    std::error_code code;
    for (const fs::path& candidate : {source.folder / path, fs::path(path)}) {
        if (fs::exists(candidate, code)) {
            return set("data.train", textOf(Json::array({fs::absolute(candidate, code).lexically_normal().string()})));
        }
    }
    return lost("a data set of a hub, or a file that is not there: save it as a file and add that");
}

fields::Value valueOf(const config::RunConfig& config, const std::string& key)
{
    const auto setting = config::findSetting(key);
    if (!setting) {
        throw std::logic_error("there is no setting " + key);
    }
    return setting->field->get(setting->part->object(const_cast<config::RunConfig&>(config))); // read alone
}

bool isLora(const config::RunConfig& config)
{
    return config.method.kind == "lora" || config.method.kind == "qlora";
}

bool isPairs(const config::RunConfig& config)
{
    const std::string& kind = config.objective.kind;
    return kind == "dpo" || kind == "orpo" || kind == "simpo" || kind == "kto";
}

std::optional<Json> writeModel(const config::RunConfig& config)
{
    return Json(config.model.path);
}

std::optional<Json> writeOptimizer(const config::RunConfig& config)
{
    static const std::map<std::string, std::string> names{{"adamw", "adamw_torch"}, {"adamw_8bit", "adamw_bnb_8bit"}, {"adafactor", "adafactor"},
                                                          {"lion", "lion_32bit"},   {"sgd", "sgd"}};
    const auto found = names.find(config.optimizer.kind);
    if (found == names.end()) {
        return std::nullopt;
    }
    const bool isPaged = config.optimizer.paging == "on";
    if (isPaged && config.optimizer.kind.starts_with("adamw")) {
        return Json(config.optimizer.kind == "adamw" ? "paged_adamw_32bit" : "paged_adamw_8bit");
    }
    return Json(found->second);
}

std::optional<Json> writeSchedule(const config::RunConfig& config)
{
    const std::string& kind = config.schedule.kind; // the same names, but that a constant rate there begins without a warm-up
    return kind == "constant" ? "constant_with_warmup" : kind;
}

} // namespace luthier::recipes
