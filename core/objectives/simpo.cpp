// SPDX-License-Identifier: GPL-3.0-or-later
// Simple preference optimisation (arXiv 2405.14734): means over the answers' tokens instead of a reference.
//   loss = -ln sigmoid(beta (m_chosen - m_rejected) - gamma),  m = mean ln p of an answer's tokens
#include "core/objectives/objectives_table.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

namespace luthier::objectives {

namespace simpo_objective {
namespace {

constexpr double kUsualBeta = 2.5;

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<ObjectiveSettings, SimpoSettings>({
        field<&SimpoSettings::gamma>("gamma", "Margin", "How much better the chosen answer must be before a pair costs little; absolute, after beta. 0 to 100, usually 1.375.", {.low = 0, .high = 100}),
    });
    return section;
}

LossValue simpoLoss(const LossInput& input)
{
    const double beta = betaOf(input.settings.of<BetaSettings>(), kUsualBeta);
    const double gamma = input.settings.of<SimpoSettings>().gamma;
    const at::Tensor sums = pairSums(targetLogProbs(input.policy(), input.batch), input.batch);
    const at::Tensor means = sums / pairCounts(input.batch).clamp_min(1);
    const at::Tensor margin = (means.select(1, 0) - means.select(1, 1)) * beta;
    const at::Tensor seen = means.detach();
    std::vector<at::Tensor> measures = pairMeasures(seen * beta);
    measures.push_back(seen.select(1, 0).sum());
    measures.push_back(seen.select(1, 1).sum());
    return {-at::log_sigmoid(margin - gamma).sum(), std::move(measures)};
}

} // namespace
} // namespace simpo_objective

Objective simpo()
{
    Objective row{{"simpo", "Preferences without a reference (SimPO)",
                   "Learns to prefer the chosen answer, each judged by the mean over its tokens, with a margin. Faster than DPO, and nothing "
                   "holds it near the model it began with: take a small rate and one epoch."}};
    row.settings = {&betaSection(), &simpo_objective::settingsSection()};
    row.takes = {data::ExampleKind::Preference};
    row.needs = "pairs of a chosen and a rejected answer";
    row.encode = encodePair;
    row.loss = simpo_objective::simpoLoss;
    row.rateShare = 0.05;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.dropsInputs = false;
    row.measures = {"reward_margin", "reward_accuracy", "reward_chosen", "reward_rejected", "mean_logp_chosen", "mean_logp_rejected"};
    return row;
}

} // namespace luthier::objectives
