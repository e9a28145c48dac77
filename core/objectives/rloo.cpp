// SPDX-License-Identifier: GPL-3.0-or-later
// REINFORCE leave-one-out (arXiv 2402.14740): an answer is as good as its reward, less its KL, is above the mean of the other
// answers to its prompt.
//   loss of an answer = -min(q A, clip(q) A),  q = p(answer) / p_old(answer)
#include "core/objectives/advantages.h"
#include "core/objectives/objectives_table.h"
#include "core/objectives/policy_loss.h"

#include <ATen/TensorOperators.h>

namespace luthier::objectives {

namespace rloo_objective {
namespace {

RolloutShape shapeOf(const ObjectiveSettings& settings)
{
    const auto& answers = settings.of<AnswerSettings>();
    const auto& groups = settings.of<GroupSettings>();
    return {groups.group, groups.iterations, 1, answers.maxNew, answers.temperature};
}

void assess(std::span<Rollout> answers, const ObjectiveSettings& settings, double klWeight)
{
    std::vector<double> rewards;
    for (const Rollout& answer : answers) {
        rewards.push_back(answer.reward - klWeight * answer.kl());
    }
    const auto advantages = leaveOneOut(rewards, static_cast<std::size_t>(settings.of<GroupSettings>().group));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        answers[i].advantages.assign(answers[i].logProbs.size(), static_cast<float>(advantages[i]));
    }
}

double weightOf(const ObjectiveSettings&, std::int64_t length, std::int64_t, std::int64_t)
{
    return 1 / static_cast<double>(length); // so that an answer's tokens carry its weight of 1 together
}

LossValue rlooLoss(const LossInput& input)
{
    const auto& clip = input.settings.of<ClipSettings>();
    const PolicyReading reading = readPolicy(input);
    const at::Tensor weight = input.batch.perTarget("weight");
    const at::Tensor advantage = sumBySequence(input.batch.perTarget("advantage") * weight, input.batch); // [S]
    const at::Tensor ratio = sumBySequence(reading.logProbs - reading.old, input.batch).exp();
    const at::Tensor clipped = isClipped(ratio.detach(), advantage, clip.clip, clip.high());
    std::vector<at::Tensor> measures = policyMeasuresOf(input, reading, clipped.index_select(0, input.batch.owners));
    measures.push_back(withoutSpread(input.batch));
    return {clippedLoss(ratio, advantage, clip.clip, clip.high()).sum(), std::move(measures)};
}

} // namespace
} // namespace rloo_objective

Objective rloo()
{
    Objective row{{"rloo", "Rewarded answers, each against the others (RLOO)",
                   "The model answers each prompt several times and learns from what an answer's reward is above that of the others. Plainer "
                   "than GRPO, with a price on going away from the model before the run."}};
    row.settings = {&answerSection(), &groupSection(), &clipSection(), &klSection()};
    row.rules = rolloutRules(true);
    row.loss = rloo_objective::rlooLoss;
    row.rateShare = 0.05;
    row.measures = policyMeasures();
    row.measures.emplace_back("no_spread_share");
    makeRolloutRow(row);
    row.rollouts = RolloutPlan{rloo_objective::shapeOf, rloo_objective::assess, rloo_objective::weightOf, [](const ObjectiveSettings& settings) { return settings.of<KlSettings>().klInReward; }};
    return row;
}

} // namespace luthier::objectives
