// SPDX-License-Identifier: GPL-3.0-or-later
// Going on from a LoRA folder: the settings it was made with, and its training where it was left.
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/loose_lora.h"
#include "core/peft/methods/loose_start.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/peft/targets.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string_view>

namespace luthier::peft {

namespace {

// "pattern=number" rows of an object that parseLoraConfig has checked.
std::vector<std::string> patternRows(const Json& config, const char* key)
{
    std::vector<std::string> rows;
    if (!isOff(config, key)) {
        for (const auto& [pattern, value] : config.at(key).items()) {
            rows.push_back(pattern + "=" + base::dumpJson(value));
        }
    }
    return rows;
}

// Where the config's names do not say by themselves what was adapted (a pattern, chosen layers), the paths in the file do.
Result<std::vector<std::string>> targetsOf(const AdapterFile& file)
{
    const Json& config = file.config();
    const auto names = file.names("target_modules");
    const bool some = !isOff(config, "layers_to_transform") || !isOff(config, "layers_pattern") || (!isOff(config, "exclude_modules") && config.at("exclude_modules") != kVisionModules); // there is nothing to leave out of words
    if (names && !names->empty() && !some) {
        return names;
    }
    const std::string_view begin = kPeftPrefix;
    std::vector<std::string> paths;
    for (const std::string& key : file.keys()) {
        for (const std::string_view end : {std::string_view(".lora_A.weight"), std::string_view(kEmbeddingA)}) {
            if (key.starts_with(begin) && key.ends_with(end)) {
                paths.push_back(key.substr(begin.size(), key.size() - begin.size() - end.size()));
            }
        }
    }
    return paths.empty() ? Result<std::vector<std::string>>(Error{file.tensors().path().string() + ": holds no adapter weights"})
                         : Result<std::vector<std::string>>(std::move(paths));
}

// Those of the embedding, by id.
Result<std::vector<std::string>> trainedTokens(const AdapterFile& file)
{
    const Json said = file.config().value("trainable_token_indices", Json());
    std::vector<std::string> tokens;
    if (said.is_object() && (said.size() != 1 || said.begin().key().find(kHeadPath) != std::string::npos)) {
        return file.problem("it trains rows of the head, on which training cannot go on; fold it into the base first (model.adapter_merge)");
    }
    const Json& list = said.is_object() ? *said.begin() : said;
    for (const Json& token : list.is_array() ? list : Json::array()) {
        tokens.push_back(base::dumpJson(token));
    }
    return tokens;
}

Result<void> trainTables(nn::Decoder& decoder, const LoraSettings& settings)
{
    const auto targets = looseTargets(decoder, settings.targetModules);
    nn::Extras& extras = decoder.extras();
    if (targets.embedding != extras.embedding.a.defined() || targets.head != extras.head.a.defined()
        || settings.tokens.empty() == extras.embedding.rows.defined()) {
        return Error{"the adapter's embedding or head stands on other weights than the model's, so training cannot go on; fold it into the base "
                     "first (model.adapter_merge)"};
    }
    const auto options = thinOptions(decoder);
    for (nn::TableUpdate* update : {&extras.embedding, &extras.head}) {
        if (update->a.defined()) {
            update->a = update->a.to(options).set_requires_grad(true);
            update->b = update->b.to(options).set_requires_grad(true);
        }
    }
    if (extras.embedding.rows.defined()) {
        extras.embedding.rows.set_requires_grad(true);
        followTied(decoder);
    }
    return {};
}

} // namespace

Result<std::vector<AdapterSetting>> loraSettingsOf(const AdapterFile& file)
{
    auto config = parseLoraConfig(file.config());
    if (!config) {
        return file.problem(config.message());
    }
    auto targets = targetsOf(file);
    auto whole = targets ? file.names("modules_to_save") : targets;
    if (!whole) {
        return whole.error();
    }
    auto tokens = trainedTokens(file);
    if (!tokens) {
        return tokens.error();
    }
    const Json dropout = file.config().value("lora_dropout", Json(0.0));
    const Json bias = file.config().value("bias", Json("none"));
    return std::vector<AdapterSetting>{{"rank", config->rank},
                                       {"alpha", config->alpha},
                                       {"dropout", dropout.is_number() ? dropout.get<double>() : 0.0, true},
                                       {"target_modules", *targets},
                                       {"rank_pattern", patternRows(file.config(), "rank_pattern")},
                                       {"alpha_pattern", patternRows(file.config(), "alpha_pattern")},
                                       {"use_rslora", config->rootScale},
                                       {"use_dora", config->dora},
                                       {"bias", bias.is_string() ? bias.get<std::string>() : std::string("none")},
                                       {"modules_to_save", *whole},
                                       {"trainable_token_indices", *tokens},
                                       {"lora_bias", !isOff(file.config(), "lora_bias")}};
}

Result<void> trainLora(nn::Decoder& decoder, const MethodSettings& settings)
{
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    const auto options = thinOptions(decoder);
    for (nn::LinearGroup* group : decoder.groups()) {
        // The order in which a run from the base has them.
        std::sort(group->adapters.begin(), group->adapters.end(), [](const auto& a, const auto& b) { return a.slice < b.slice; });
        for (nn::LowRank& adapter : group->adapters) {
            adapter.a = adapter.a.to(options).set_requires_grad(true);
            adapter.b = adapter.b.to(options).set_requires_grad(true);
            adapter.dropout = settings.of<LoraSettings>().dropout;
            for (at::Tensor* tensor : {&adapter.magnitude, &adapter.bias}) {
                if (tensor->defined()) {
                    tensor->set_requires_grad(true);
                }
            }
        }
        for (nn::SliceBias& bias : group->biases) {
            bias.bias.set_requires_grad(true);
        }
    }
    for (const nn::Replacement& replacement : decoder.replacements()) {
        replacement.copy.set_requires_grad(true);
    }
    return trainTables(decoder, settings.of<LoraSettings>());
}

} // namespace luthier::peft
