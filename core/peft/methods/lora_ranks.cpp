// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/lora_ranks.h"

#include "core/nn/layers/linear_group.h"
#include "core/peft/folders/lora_config.h"

#include <ATen/core/Tensor.h>

#include <cmath>
#include <map>

namespace luthier::peft {

namespace {

// 16, not 16.0.
Json patternNumber(double value)
{
    return std::floor(value) == value && std::abs(value) < 1e9 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

} // namespace

Result<void> sayDealtRanks(nn::Decoder& decoder, LoraFolderInfo& info)
{
    auto asked = parseLoraConfig(loraFolderConfig(info));
    auto places = placesOf(decoder, info.targetModules, "method.target_modules");
    if (!asked || !places) {
        return asked ? places.error() : asked.error();
    }
    std::map<std::string, std::int64_t> dealt;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            dealt[group->slicePath(adapter.slice)] = adapter.a.size(0);
        }
    }
    bool isAsAsked = dealt.size() == places->size();
    for (const auto& [path, rank] : dealt) {
        isAsAsked = isAsAsked && rank == asked->rankFor(path);
    }
    if (isAsAsked) {
        return {};
    }
    Json ranks = Json::object();
    Json alphas = Json::object();
    info.targetModules.clear();
    for (const auto& [path, rank] : dealt) {
        const auto before = static_cast<double>(asked->rankFor(path));
        const double alpha = asked->scaleFor(path) * (asked->rootScale ? std::sqrt(before) : before); // as the settings have it
        ranks[path] = rank;
        alphas[path] = patternNumber(alpha * static_cast<double>(rank) / before);
        info.targetModules.push_back(path);
    }
    info.rankPattern = std::move(ranks);
    info.alphaPattern = std::move(alphas);
    return {};
}

} // namespace luthier::peft
