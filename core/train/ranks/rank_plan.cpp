// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/rank_plan.h"

#include "core/optim/optimizers.h"
#include "core/train/plan/method_size.h"
#include "core/train/ranks/base_split.h"
#include "core/train/start_point.h"

#include <algorithm>
#include <map>

namespace luthier::train {

namespace {

// Ranks of one device share what it has.
void shareFree(std::vector<RankNeed>& ranks)
{
    std::map<std::string, std::int64_t> users;
    for (const RankNeed& rank : ranks) {
        ++users[rank.device];
    }
    for (RankNeed& rank : ranks) {
        rank.whole.free /= users[rank.device];
        rank.split.free /= users[rank.device];
    }
}

// Where all weights train: what each holds of the optimizer's state, masters and sums of gradients.
void chooseState(const config::RunConfig& config, RankPlan& plan, std::int64_t trained, bool wholeFits, bool splitFits)
{
    const optim::OptimizerKind* optimizer = optim::findOptimizer(config.optimizer.kind);
    const bool canSplit = plan.ranks.size() > 1 && optimizer && optimizer->pages;
    const bool isSplit = splitsState(config, static_cast<int>(plan.ranks.size()), trained);
    if (splitFits && isSplit) {
        plan.choice = "split";
        plan.sentence = "Ranks hold a part of the optimizer's state, its masters and the sums of gradients each.";
    } else if (wholeFits) {
        plan.choice = "whole";
        plan.sentence = "Every rank holds all that the optimizer keeps.";
    } else if (canSplit && splitFits) {
        plan.choice = "split";
        plan.sentence = "All that the optimizer keeps does not fit on every rank; a part of it on each does: set run.shard to always.";
    } else {
        plan.choice = "neither";
        plan.sentence = "What training all weights needs does not fit on every rank: take more of them, an adapter, or a smaller batch.";
    }
}

void choose(const config::RunConfig& config, RankPlan& plan, std::int64_t trained)
{
    const auto all = [&](auto of) { return std::all_of(plan.ranks.begin(), plan.ranks.end(), [&](const RankNeed& rank) { return (rank.*of).fits(); }); };
    if (config.method.kind == "full") {
        chooseState(config, plan, trained, all(&RankNeed::whole), all(&RankNeed::split));
        return;
    }
    const std::string against = againstSplit(config);
    if (all(&RankNeed::whole)) {
        plan.choice = "whole";
        plan.sentence = config.run.shard == "always" ? "The whole base fits on every rank and would be faster: set run.shard to auto." : "The whole base fits on every rank, which is fastest.";
    } else if (!against.empty()) {
        plan.choice = "neither";
        plan.sentence = "The whole base does not fit on every rank, and it cannot be split, for " + against + ".";
    } else if (all(&RankNeed::split)) {
        plan.choice = "split";
        plan.sentence = "The whole base does not fit on every rank; a part of it on each does: set run.shard to always.";
    } else {
        plan.choice = "neither";
        plan.sentence = "Neither the whole base nor a part of it fits on every rank: take more of them, or what needs less.";
    }
}

} // namespace

Result<RankPlan> planRanks(const config::RunConfig& config, const RunPlan& plan, const std::vector<std::string>& devices)
{
    const auto started = startedFrom(config);
    if (!started) {
        return started.error();
    }
    if (plan.largest.empty()) {
        return Error{"there is no batch to count memory for"};
    }
    RankPlan ranks;
    std::int64_t trained = 0;
    for (const std::string& device : devices) {
        config::RunConfig own = started->config;
        own.model.device = device;
        const auto needs = [&](bool isSplit) { return estimateMemory(own, plan.model.config, plan.largest.front(), plan.rows.isPacked(), {static_cast<std::int64_t>(devices.size()), isSplit}); };
        auto whole = needs(false);
        auto split = needs(true);
        if (!whole || !split) {
            return whole ? split.error() : whole.error();
        }
        const auto size = methodSize(own);
        if (!size) {
            return size.error();
        }
        trained = size->trainedParameters; // the same on all
        ranks.ranks.push_back({device, std::move(*whole), std::move(*split)});
    }
    shareFree(ranks.ranks);
    choose(started->config, ranks, trained);
    return ranks;
}

} // namespace luthier::train
