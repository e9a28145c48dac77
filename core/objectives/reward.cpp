// SPDX-License-Identifier: GPL-3.0-or-later
// Reward model: a score for a conversation with an answer, so that the chosen answer of a pair scores above the rejected one
// (Bradley and Terry).
//   loss = -ln sigmoid(s_chosen - s_rejected - margin) + c (s_chosen + s_rejected)^2
#include "core/objectives/objectives_table.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"
#include "core/objectives/score_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include <array>
#include <limits>

namespace luthier::objectives {

namespace reward_objective {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<ObjectiveSettings, RewardSettings>({
        field<&RewardSettings::centerWeight>("center_weight", "Centre the scores", "Draws the scores of a pair towards a mean of 0. 0: off (usual); 0.01 keeps them small.", {.low = 0, .high = 1000}, {.advanced = true}),
    });
    return section;
}

Result<EncodedItem> encodeJudged(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    EncodedItem item;
    data::EncodingSettings whole = settings;
    whole.maxLength = std::numeric_limits<std::int64_t>::max();
    data::Example swapped = example;
    std::swap(swapped.chosen, swapped.rejected);
    for (const data::Example* side : std::array<const data::Example*, 2>{&example, &swapped}) {
        auto encoded = encoder.encode(*side, whole);
        if (!encoded) {
            return encoded.error();
        }
        item.sequences.push_back(judged(encoded->ids(), settings.maxLength));
    }
    item.values = {static_cast<float>(example.margin.value_or(0))};
    return item;
}

LossValue rewardLoss(const LossInput& input)
{
    const double center = input.settings.of<RewardSettings>().centerWeight;
    const at::Tensor scores = lastScores(input.policy().hidden, input.batch.ends, input.heads[0].tensor).view({-1, 2});
    const at::Tensor difference = scores.select(1, 0) - scores.select(1, 1);
    at::Tensor loss = -at::log_sigmoid(difference - input.batch.column("margin")).sum();
    if (center > 0) {
        loss = loss + scores.sum(1).square().sum() * center;
    }
    return {loss, pairMeasures(scores.detach())};
}

} // namespace
} // namespace reward_objective

Objective reward()
{
    Objective row{{"reward", "Reward model",
                   "Learns to score answers from pairs of a chosen and a rejected one, with a new head on the model. To judge answers, or to "
                   "train against with PPO or GRPO."}};
    row.settings = {&reward_objective::settingsSection()};
    row.rules = judgeRules();
    row.takes = {data::ExampleKind::Preference};
    row.needs = "pairs of a chosen and a rejected answer";
    row.encode = reward_objective::encodeJudged;
    row.loss = reward_objective::rewardLoss;
    row.rateShare = 0.5;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.columns = {"margin"};
    row.dropsInputs = false;
    row.judges = true;
    row.measures = {"reward_margin", "reward_accuracy", "reward_chosen", "reward_rejected"};
    row.heads = [](const ObjectiveSettings&, std::int64_t hidden) { return std::vector<Head>{scoreHead(1, hidden)}; };
    return row;
}

} // namespace luthier::objectives
