// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/lora_ranks.h"

#include "core/nn/families/weight_names.h"
#include "core/nn/layers/linear_group.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/loose_lora.h"

#include <ATen/core/Tensor.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace luthier::peft {

Json patternNumber(double value)
{
    return std::floor(value) == value && std::abs(value) < 1e9 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Result<std::vector<Place>> projectionsOf(nn::Decoder& decoder, const LooseTargets& targets)
{
    const bool isLooseAlone = targets.projections.empty() && targets.any();
    return isLooseAlone ? Result<std::vector<Place>>(std::vector<Place>()) : placesOf(decoder, targets.projections, "method.target_modules");
}

Result<void> sayDealtRanks(nn::Decoder& decoder, LoraFolderInfo& info)
{
    const auto asked = parseLoraConfig(loraFolderConfig(info));
    const LooseTargets targets = looseTargets(decoder, info.targetModules);
    const auto places = projectionsOf(decoder, targets);
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
        ranks[path] = rank;
        alphas[path] = patternNumber(asked->alphaFor(path) * static_cast<double>(rank) / before);
        info.targetModules.push_back(path);
    }
    for (const auto& [path, isAdapted] : {std::pair{nn::weightNames(decoder.config()).embedding, targets.embedding}, {std::string(kHeadPath), targets.head}}) {
        if (isAdapted) {
            ranks[path] = asked->rankFor(path);
            alphas[path] = patternNumber(asked->alphaFor(path));
            info.targetModules.push_back(path);
        }
    }
    info.rankPattern = std::move(ranks);
    info.alphaPattern = std::move(alphas);
    return {};
}

} // namespace luthier::peft
