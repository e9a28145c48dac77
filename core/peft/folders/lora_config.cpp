// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/lora_config.h"

#include <cmath>

namespace luthier::peft {

namespace {

constexpr std::int64_t kMaxRank = 65536;

// Keys that change what the adapter computes; any value but those that switch them off is refused. fan_in_fan_out only
// says that the base stores its matrices [in, out], which the loader knows; A and B lie as always.
constexpr const char* kRefused[] = {
    "layer_replication",
    "target_parameters",
    "use_qalora",
    "alora_invocation_tokens",
    "arrow_config",
    "use_bdlora",
    "kasa_config",
    "velora_config",
    "monteclora_config",
};

bool isOff(const Json& value)
{
    return value.is_null() || (value.is_boolean() && !value.get<bool>())
        || ((value.is_array() || value.is_object()) && value.empty());
}

Result<void> refuseUnknown(const Json& config)
{
    const std::string type =
        config.value("peft_type", Json()).is_string() ? config["peft_type"].get<std::string>() : "";
    if (type != "LORA") {
        return Error{type.empty() ? "peft_type is missing; is this an adapter's config?"
                                  : "peft_type \"" + type + "\" cannot be opened; only LORA can"};
    }
    for (const char* key : kRefused) {
        if (const auto found = config.find(key); found != config.end() && !isOff(*found)) {
            return Error{std::string(key) + " is " + base::dumpJson(*found).substr(0, 80)
                         + ", which cannot be computed here; merge the adapter with the tool that made it"};
        }
    }
    if (const auto bias = config.find("bias");
        bias != config.end() && !bias->is_null() && *bias != "none" && *bias != "all" && *bias != "lora_only") {
        return Error{"bias is " + base::dumpJson(*bias).substr(0, 80) + "; it must be none, all or lora_only"};
    }
    const auto start = config.find("init_lora_weights");
    const std::string how = start != config.end() && start->is_string() ? start->get<std::string>() : "";
    // These change the base weights too; alone, the adapter would be added to another base.
    if (how.rfind("pissa", 0) == 0 || how == "olora" || how == "corda" || how == "loftq") {
        return Error{"init_lora_weights \"" + how
                     + "\" changed the base weights; convert it to a plain LoRA first"};
    }
    return {};
}

Result<std::vector<std::pair<PathPattern, double>>> patterns(const Json& config, const char* key, double low)
{
    std::vector<std::pair<PathPattern, double>> rows;
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) {
        return rows;
    }
    if (!found->is_object()) {
        return Error{std::string(key) + " must be an object"};
    }
    for (const auto& [text, value] : found->items()) {
        if (!value.is_number() || !(value.get<double>() >= low) || value.get<double>() > 1e9) {
            return Error{std::string(key) + " gives \"" + text.substr(0, 80) + "\" no usable number"};
        }
        auto pattern = PathPattern::parse(text);
        if (!pattern) {
            return Error{std::string(key) + ": " + pattern.message()};
        }
        rows.emplace_back(std::move(*pattern), value.get<double>());
    }
    return rows;
}

double firstMatch(const std::vector<std::pair<PathPattern, double>>& rows, std::string_view path,
                  double usual)
{
    for (const auto& [pattern, value] : rows) {
        if (pattern.matchesTail(path)) {
            return value;
        }
    }
    return usual;
}

Result<void> readNumbers(const Json& config, LoraConfig& result)
{
    if (const auto rank = config.find("r"); rank != config.end() && !rank->is_null()) {
        const bool huge = rank->is_number_unsigned() && rank->get<std::uint64_t>() > kMaxRank;
        if (!rank->is_number_integer() || huge || rank->get<std::int64_t>() < 1
            || rank->get<std::int64_t>() > kMaxRank) {
            return Error{"r is " + base::dumpJson(*rank).substr(0, 80)
                         + "; it must be a whole number from 1 to 65536"};
        }
        result.rank = rank->get<std::int64_t>();
    }
    if (const auto alpha = config.find("lora_alpha"); alpha != config.end() && !alpha->is_null()) {
        if (!alpha->is_number() || std::abs(alpha->get<double>()) > 1e9) {
            return Error{"lora_alpha is " + base::dumpJson(*alpha).substr(0, 80) + "; it must be a number"};
        }
        result.alpha = alpha->get<double>();
    }
    for (const auto& [key, target] : {std::pair{"use_rslora", &result.rootScale}, {"use_dora", &result.dora}}) {
        if (const auto value = config.find(key); value != config.end() && !value->is_null()) {
            if (!value->is_boolean()) {
                return Error{std::string(key) + " must be true or false"};
            }
            *target = value->get<bool>();
        }
    }
    return {};
}

} // namespace

std::int64_t LoraConfig::rankFor(std::string_view path) const
{
    return static_cast<std::int64_t>(firstMatch(ranks, path, static_cast<double>(rank)));
}

double LoraConfig::alphaFor(std::string_view path) const
{
    return firstMatch(alphas, path, alpha);
}

double LoraConfig::scaleFor(std::string_view path) const
{
    const auto r = static_cast<double>(rankFor(path));
    return alphaFor(path) / (rootScale ? std::sqrt(r) : r);
}

Result<LoraConfig> parseLoraConfig(const Json& config)
{
    if (!config.is_object()) {
        return Error{"must be a JSON object"};
    }
    if (auto good = refuseUnknown(config); !good) {
        return good.error();
    }
    LoraConfig result;
    if (auto good = readNumbers(config, result); !good) {
        return good.error();
    }
    auto ranks = patterns(config, "rank_pattern", 1);
    auto alphas = patterns(config, "alpha_pattern", -1e9);
    if (!ranks || !alphas) {
        return ranks ? alphas.error() : ranks.error();
    }
    result.ranks = std::move(*ranks);
    result.alphas = std::move(*alphas);
    return result;
}

Result<LoraConfig> readLoraConfig(const std::filesystem::path& folder)
{
    const auto path = folder / "adapter_config.json";
    auto json = base::readJson(path);
    if (!json) {
        return Error{json.message() + "; choose the folder of an adapter"};
    }
    auto config = parseLoraConfig(*json);
    return config ? std::move(config) : Result<LoraConfig>(Error{path.string() + ": " + config.message()});
}

} // namespace luthier::peft
