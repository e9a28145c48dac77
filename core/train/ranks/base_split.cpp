// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/base_split.h"

#include "core/base/disk_room.h"
#include "core/nn/device.h"
#include "core/nn/free_memory.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizers.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/ranks/team.h"
#include "core/train/plan/method_size.h"
#include "core/train/step/small_training.h"

namespace luthier::train {

namespace {

constexpr double kFilled = 0.95; // of what is free: an allocator needs some room between

} // namespace

std::string againstSplit(const config::RunConfig& config)
{
    const peft::Method* method = peft::findMethod(config.method.kind);
    const objectives::Objective* objective = objectives::findObjective(config.objective.kind);
    const auto& lora = config.method.of<peft::LoraSettings>();
    const bool isLora = method && method->folderType == "LORA";
    if (!method || !method->writesAdapter) {
        return "all weights train: choose an adapter (method.kind)";
    }
    if (isLora && lora.useDora) {
        return "DoRA begins with the lengths of whole rows: switch method.use_dora off";
    }
    if (isLora && lora.start != "usual") {
        return "the start " + lora.start + " is made of whole weights: leave method.init_lora_weights to the usual one";
    }
    if (objective && objective->rollouts) {
        return "answers are made while training, which asks for the whole base at every token: choose an objective that learns from given answers";
    }
    return {};
}

bool splitsState(const config::RunConfig& config, int ranks, std::int64_t trained)
{
    const peft::Method* method = peft::findMethod(config.method.kind);
    const optim::OptimizerKind* optimizer = optim::findOptimizer(config.optimizer.kind);
    const bool isPossible = ranks > 1 && method && !method->writesAdapter && optimizer && optimizer->pages;
    return isPossible && (config.run.shard == "always" || (config.run.shard == "auto" && trained > kSmallElements));
}

Result<BaseSplit> chooseSplit(const config::RunConfig& config, ranks::Team* team)
{
    const peft::Method* method = peft::findMethod(config.method.kind);
    if (!team || team->size() < 2 || config.run.shard == "never" || (method && !method->writesAdapter)) {
        return BaseSplit{}; // a base that trains is whole: what is split is its optimizer's state
    }
    const std::string problem = againstSplit(config);
    if (config.run.shard == "always") {
        return problem.empty() ? Result<BaseSplit>(BaseSplit{true, {}}) : Result<BaseSplit>(Error{"run.shard: the base cannot be split over ranks, for " + problem});
    }
    const auto where = nn::choosePlacement(config.model.device, config.model.dtype);
    const auto size = methodSize(config);
    const bool onCard = where && !where->device.is_cpu();
    const std::int64_t free = onCard ? nn::freeMemory(where->device) : 0;
    const bool isShort = size && free > 0 && static_cast<double>(size->leastMemoryBytes) > kFilled * static_cast<double>(free);
    const auto all = team->all({isShort ? 1.0 : 0.0, static_cast<double>(free)});
    std::size_t shortest = all.size();
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
        shortest = all[rank][0] > 0 && (shortest == all.size() || all[rank][1] < all[shortest][1]) ? rank : shortest;
    }
    if (shortest == all.size()) {
        return BaseSplit{};
    }
    const std::string lacks = "The card of rank " + std::to_string(shortest) + " has " + base::bytesText(static_cast<std::uint64_t>(all[shortest][1])) + " free, and the whole base with what trains needs "
                              + (size ? base::bytesText(static_cast<std::uint64_t>(size->leastMemoryBytes)) : std::string("more"));
    if (!problem.empty()) {
        return Error{lacks + ". It cannot be split over the ranks, for " + problem};
    }
    return BaseSplit{true, lacks + ", so the ranks hold a part of it each (run.shard)."};
}

} // namespace luthier::train
