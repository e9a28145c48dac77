// SPDX-License-Identifier: GPL-3.0-or-later
// Group relative policy optimisation (arXiv 2402.03300): several answers to a prompt, judged against each other.
//   loss of a token = -min(q A, clip(q) A) + b q (e^x - x - 1),  q = p / p_old,  x = ln p_ref - ln p,  A of its answer
//   dapo     over all tokens of the step (arXiv 2503.14476)
//   dr_grpo  over answers times the longest that they may be (arXiv 2503.20783)
//   grpo     the mean over an answer's tokens, then over answers
#include "core/objectives/advantages.h"
#include "core/objectives/objectives_table.h"
#include "core/objectives/policy_loss.h"

#include <ATen/TensorOperators.h>

namespace luthier::objectives {

namespace grpo_objective {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<ObjectiveSettings, GrpoSettings>({
        field<&GrpoSettings::normaliser>("normaliser", "Averaged over", "What the step's loss is divided by: all its tokens (dapo, usual), answers times the longest (dr_grpo), or each answer's own length (grpo).", {},
                                         {.choices = {{"dapo", "All tokens (DAPO)"}, {"dr_grpo", "The longest answer (Dr. GRPO)"}, {"grpo", "Each answer (GRPO)"}}}),
        field<&GrpoSettings::scale>("scale_rewards", "Rewards scaled by", "Advantages are divided by the spread of rewards in their group (usual), in the whole update, or not at all.", {},
                                    {.choices = {{"group", "Their group"}, {"batch", "The update"}, {"none", "Not scaled"}}, .advanced = true}),
        field<&GrpoSettings::klInLoss>("kl_in_loss", "KL in the loss", "How much going away from the model before the run costs (beta in other programs). Usually 0; 0.04 holds it near.", {.low = 0, .high = 100}),
    });
    return section;
}

RolloutShape shapeOf(const ObjectiveSettings& settings)
{
    const auto& answers = settings.of<AnswerSettings>();
    const auto& groups = settings.of<GroupSettings>();
    return {groups.group, groups.iterations, 1, answers.maxNew, answers.temperature};
}

void assess(std::span<Rollout> answers, const ObjectiveSettings& settings, double)
{
    std::vector<double> rewards;
    for (const Rollout& answer : answers) {
        rewards.push_back(answer.reward);
    }
    const std::string& scale = settings.of<GrpoSettings>().scale;
    const auto advantages = groupAdvantages(rewards, static_cast<std::size_t>(settings.of<GroupSettings>().group),
                                            scale == "group" ? Scale::Group : scale == "batch" ? Scale::Batch : Scale::None);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        answers[i].advantages.assign(answers[i].logProbs.size(), static_cast<float>(advantages[i]));
    }
}

double weightOf(const ObjectiveSettings& settings, std::int64_t length, std::int64_t stepTokens, std::int64_t stepAnswers)
{
    const std::string& normaliser = settings.of<GrpoSettings>().normaliser;
    if (normaliser == "dapo") {
        return static_cast<double>(stepAnswers) / static_cast<double>(stepTokens);
    }
    return 1 / static_cast<double>(normaliser == "grpo" ? length : settings.of<AnswerSettings>().maxNew);
}

LossValue grpoLoss(const LossInput& input)
{
    const auto& clip = input.settings.of<ClipSettings>();
    const double beta = input.settings.of<GrpoSettings>().klInLoss;
    const PolicyReading reading = readPolicy(input);
    const at::Tensor advantage = input.batch.perTarget("advantage");
    const at::Tensor ratio = reading.ratio();
    at::Tensor loss = clippedLoss(ratio, advantage, clip.clip, clip.high());
    if (beta > 0) {
        loss = loss + reading.kl() * ratio * beta;
    }
    const at::Tensor clipped = isClipped(ratio.detach(), advantage, clip.clip, clip.high());
    std::vector<at::Tensor> measures = policyMeasuresOf(input, reading, clipped);
    measures.push_back(withoutSpread(input.batch));
    return {(loss * input.batch.perTarget("weight")).sum(), std::move(measures)};
}

} // namespace
} // namespace grpo_objective

Objective grpo()
{
    Objective row{{"grpo", "Rewarded answers in groups (GRPO)",
                   "The model answers each prompt several times, rules judge the answers, and what is better than its group becomes likelier. "
                   "For what can be checked; no value is learned, so it is simpler than PPO."}};
    row.settings = {&answerSection(), &groupSection(), &clipSection(), &grpo_objective::settingsSection()};
    row.rules = rolloutRules(true);
    row.loss = grpo_objective::grpoLoss;
    row.rateShare = 0.05;
    row.measures = policyMeasures();
    row.measures.emplace_back("no_spread_share");
    makeRolloutRow(row);
    row.rollouts = RolloutPlan{grpo_objective::shapeOf, grpo_objective::assess, grpo_objective::weightOf};
    return row;
}

} // namespace luthier::objectives
