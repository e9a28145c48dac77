// SPDX-License-Identifier: GPL-3.0-or-later
// Proximal policy optimisation (arXiv 1707.06347) as InstructGPT does it: the answer's reward stands on its last token, each token
// pays its KL, a value head says what was to be expected.
//   r_t = -k (ln p_old - ln p_ref) + (reward at the last token);  A, R by generalised advantage estimation, A whitened
//   loss of a token = max(-q A, -clip(q) A) + c 1/2 max((V - R)^2, (clip(V, V_old +- e) - R)^2)
// averaged over all tokens of the step. While the values warm up the first term counts nothing, and the values' gradient ends
// at their head where they read what answers: the policy rests.
#include "core/objectives/advantages.h"
#include "core/objectives/objectives_table.h"
#include "core/objectives/policy_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>

namespace luthier::objectives {

namespace ppo_objective {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<ObjectiveSettings, PpoSettings>({
        field<&PpoSettings::epochs>("ppo_epochs", "Passes", "How often an update's answers are learned from. Usually 4.", {.low = 1, .high = 64}),
        field<&PpoSettings::minibatches>("minibatches", "Steps of a pass", "An update's answers are cut into so many optimizer steps. Usually 1.", {.low = 1, .high = 1024}),
        field<&PpoSettings::valueClip>("value_clip", "Clip of values", "How far a value may go in one update. Usually 0.2.", {.low = 0, .high = 1000, .lowOpen = true}, {.advanced = true}),
        field<&PpoSettings::valueWeight>("value_weight", "Weight of values", "How much the loss of values counts beside that of answers. Usually 0.1.", {.low = 0, .high = 100}),
        field<&PpoSettings::discount>("discount", "Discount", "What a reward one token later is worth. Usually 1.", {.low = 0, .high = 1}, {.advanced = true}),
        field<&PpoSettings::lambda>("lambda", "Lambda", "How far advantages look ahead past the values. Usually 0.95.", {.low = 0, .high = 1}, {.advanced = true}),
        field<&PpoSettings::whitenRewards>("whiten_rewards", "Whiten rewards", "Gives an update's rewards a spread of 1. Usually off.", {}, {.advanced = true}),
        field<&PpoSettings::missingEndPenalty>("missing_end_penalty", "Price of no end", "Taken off the reward of an answer that was cut. Usually 0; 1 where answers run on.", {.low = 0, .high = 1000}),
        field<&PpoSettings::klTarget>("kl_target", "KL to keep to", "The weight of the KL follows, so that an answer's KL comes near to this. Usually 6; 0: the weight stays.", {.low = 0, .high = 1000}, {.advanced = true, .unit = "nats"}),
        field<&PpoSettings::klHorizon>("kl_horizon", "KL horizon", "Answers over which the weight of the KL follows. Usually 1000.", {.low = 1, .high = 1e9}, {.advanced = true}),
        field<&PpoSettings::valueAdapters>("value_adapters", "Values read", "The model through the adapters that answer (usual), or through adapters of their own over the same base: answers and values then do not disturb each other, for one more pass a step.", {},
                                           {.choices = {{"policy", "What answers"}, {"own", "Adapters of their own"}}, .advanced = true}),
        field<&PpoSettings::valueWarmUp>("value_warm_up", "Warm-up of values", "Updates at the start that teach the values alone; answers are learned from once there is something to compare them with. Usually 2.", {.low = 0, .high = 1e6}, {.advanced = true, .unit = "updates"}),
    });
    return section;
}

RolloutShape shapeOf(const ObjectiveSettings& settings)
{
    const auto& answers = settings.of<AnswerSettings>();
    const auto& own = settings.of<PpoSettings>();
    return {1, own.epochs, own.minibatches, answers.maxNew, answers.temperature};
}

void assess(std::span<Rollout> answers, const ObjectiveSettings& settings, double klWeight)
{
    const auto& own = settings.of<PpoSettings>();
    std::vector<std::vector<double>> rewards(answers.size());
    std::vector<std::vector<double>> advantages(answers.size());
    std::vector<std::vector<double>*> all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Rollout& answer = answers[i];
        for (std::size_t t = 0; t < answer.logProbs.size(); ++t) {
            rewards[i].push_back(-klWeight * (static_cast<double>(answer.logProbs[t]) - static_cast<double>(answer.reference[t])));
        }
        rewards[i].back() += answer.reward - (answer.ended ? 0 : own.missingEndPenalty);
        all.push_back(&rewards[i]);
    }
    if (own.whitenRewards) {
        whiten(all, true);
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        advantages[i] = generalisedAdvantages(rewards[i], answers[i].values, own.discount, own.lambda);
        answers[i].returns.clear();
        for (std::size_t t = 0; t < advantages[i].size(); ++t) {
            answers[i].returns.push_back(static_cast<float>(advantages[i][t] + static_cast<double>(answers[i].values[t])));
        }
        all[i] = &advantages[i];
    }
    whiten(all, false);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        answers[i].advantages.assign(advantages[i].begin(), advantages[i].end());
    }
}

double weightOf(const ObjectiveSettings&, std::int64_t, std::int64_t stepTokens, std::int64_t stepAnswers)
{
    return static_cast<double>(stepAnswers) / static_cast<double>(stepTokens);
}

double nextKlWeight(double now, double kl, std::int64_t answers, const ObjectiveSettings& settings)
{
    const auto& own = settings.of<PpoSettings>();
    return own.klTarget > 0 ? adaptedWeight(now, kl, own.klTarget, static_cast<double>(answers), own.klHorizon) : now;
}

// What the values read of the policy: [M, d], whose gradient the targets that are learned from alone (1, else 0) let through.
at::Tensor readByValues(const at::Tensor& hidden, const at::Tensor& learned)
{
    const at::Tensor still = hidden.detach();
    return learned.defined() ? still + (hidden - still) * learned.unsqueeze(-1).to(hidden.scalar_type()) : hidden;
}

LossValue ppoLoss(const LossInput& input)
{
    const auto& own = input.settings.of<PpoSettings>();
    const auto& clip = input.settings.of<ClipSettings>();
    const PolicyReading reading = readPolicy(input);
    const at::Tensor advantage = input.batch.perTarget("advantage");
    const at::Tensor weight = input.batch.perTarget("weight");
    const at::Tensor ratio = reading.ratio();
    const at::Tensor& learned = input.batch.perTarget("learned");
    at::Tensor policy = clippedLoss(ratio, advantage, clip.clip, clip.high());
    policy = learned.defined() ? policy * learned : policy;
    const at::Tensor value = valuesOf(input.values ? pickTargets(input.values().hidden, input.batch) : readByValues(reading.hidden, learned), input.heads);
    const at::Tensor before = input.batch.perTarget("value");
    const at::Tensor wanted = input.batch.perTarget("return");
    const at::Tensor held = before + (value - before).clamp(-own.valueClip, own.valueClip);
    const at::Tensor off = at::maximum((value - wanted).square(), (held - wanted).square()) * 0.5;
    std::vector<at::Tensor> measures = policyMeasuresOf(input, reading, isClipped(ratio.detach(), advantage, clip.clip, clip.high()));
    const at::Tensor mean = input.batch.perTarget("mean");
    measures.push_back((off.detach() * mean).sum());
    measures.push_back(input.batch.column("explained").sum());
    measures.push_back(input.batch.column("kl_weight").sum());
    return {((policy + off * own.valueWeight) * weight).sum(), std::move(measures)};
}

} // namespace
} // namespace ppo_objective

at::Tensor valuesOf(const at::Tensor& hidden, const std::vector<nn::NamedTensor>& heads)
{
    return hidden.to(at::kFloat).mv(heads[0].tensor) + heads[1].tensor;
}

Objective ppo()
{
    Objective row{{"ppo", "Rewarded answers with values (PPO)",
                   "The model answers, rules judge the answers, and a value head learns what was to be expected at each token, so that credit falls "
                   "on the tokens that earned it. Harder to set than GRPO and DPO; take those first."}};
    row.settings = {&answerSection(), &clipSection(), &klSection(), &ppo_objective::settingsSection()};
    row.rules = rolloutRules(false);
    row.loss = ppo_objective::ppoLoss;
    row.rateShare = 0.15;
    row.measures = policyMeasures();
    for (const char* id : {"value_loss", "explained_variance", "kl_weight"}) {
        row.measures.emplace_back(id);
    }
    row.heads = [](const ObjectiveSettings&, std::int64_t hidden) { return std::vector<Head>{{"value.weight", {hidden}, 0}, {"value.bias", {1}, 0}}; };
    makeRolloutRow(row);
    row.rollouts = RolloutPlan{ppo_objective::shapeOf, ppo_objective::assess, ppo_objective::weightOf, [](const ObjectiveSettings& settings) { return settings.of<KlSettings>().klInReward; }, ppo_objective::nextKlWeight, true,
                               [](const ObjectiveSettings& settings) { return settings.of<PpoSettings>().valueWarmUp; },
                               [](const ObjectiveSettings& settings) { return settings.of<PpoSettings>().valueAdapters == "own"; }};
    row.rules.push_back({{"objective.value_adapters", "method.kind"},
                         "Values can only have adapters of their own where the method adds some: let them read what answers, or take a method with adapters.",
                         [](const fields::SettingsView& run) { return run.text("objective.value_adapters") == "own" && run.text("method.kind") == "full"; }});
    return row;
}

} // namespace luthier::objectives
