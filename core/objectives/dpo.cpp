// SPDX-License-Identifier: GPL-3.0-or-later
// Direct preference optimisation (arXiv 2305.18290): how much more than the reference the model prefers the chosen answer.
//   r = ln p(answer) - ln p_ref(answer) of each answer,  d = r_chosen - r_rejected
#include "core/objectives/objectives_table.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/relu.h>

#include <array>

namespace luthier::objectives {

namespace dpo_objective {
namespace {

constexpr double kUsualBeta = 0.1;
const std::vector<std::string> kReference = {"reference_chosen", "reference_rejected"};

struct Ratios {
    at::Tensor ratios; // [I, 2], r
    at::Tensor counts; // [I, 2], targets
    double beta = kUsualBeta;
    double smoothing = 0;

    at::Tensor difference() const { return ratios.select(1, 0) - ratios.select(1, 1); }
};

at::Tensor sigmoid(const Ratios& of)
{
    return -at::log_sigmoid(of.difference() * of.beta);
}

at::Tensor hinge(const Ratios& of)
{
    return at::relu(1 - of.difference() * of.beta);
}

// arXiv 2310.12036, with each ratio over its answer's tokens.
at::Tensor ipo(const Ratios& of)
{
    const at::Tensor means = of.ratios / of.counts.clamp_min(1);
    return (means.select(1, 0) - means.select(1, 1) - 1 / (2 * of.beta)).square();
}

// Some pairs are the wrong way round: their share is the smoothing. What that costs is taken out again (arXiv 2403.00409).
at::Tensor robust(const Ratios& of)
{
    const at::Tensor logit = of.difference() * of.beta;
    return (at::log_sigmoid(-logit) * of.smoothing - at::log_sigmoid(logit) * (1 - of.smoothing)) / (1 - 2 * of.smoothing);
}

at::Tensor conservative(const Ratios& of)
{
    const at::Tensor logit = of.difference() * of.beta;
    return -at::log_sigmoid(logit) * (1 - of.smoothing) - at::log_sigmoid(-logit) * of.smoothing;
}

struct PairLoss {
    const char* id;
    const char* label;
    bool isSmoothed; // needs a share of swapped pairs
    at::Tensor (*value)(const Ratios& of); // [I]
};

constexpr std::array kLosses{
    PairLoss{"sigmoid", "Sigmoid", false, sigmoid},
    PairLoss{"ipo", "IPO", false, ipo},
    PairLoss{"hinge", "Hinge", false, hinge},
    PairLoss{"robust", "Robust", true, robust},
    PairLoss{"conservative", "Conservative", true, conservative},
};

const PairLoss& lossOf(const std::string& id)
{
    for (const PairLoss& loss : kLosses) {
        if (id == loss.id) {
            return loss;
        }
    }
    return kLosses.front(); // the field's choices allow no other
}

const fields::Section& settingsSection()
{
    using fields::field;
    std::vector<fields::Choice> choices;
    for (const PairLoss& loss : kLosses) {
        choices.push_back({loss.id, loss.label});
    }
    static const auto section = fields::section<ObjectiveSettings, DpoSettings>({
        field<&DpoSettings::loss>("loss", "Loss", "What a pair costs: sigmoid (usual); IPO and hinge stop pushing once a pair is clear; robust and conservative reckon with swapped pairs.", {},
            {.choices = choices}),
        field<&DpoSettings::labelSmoothing>("label_smoothing", "Swapped pairs", "Share of pairs that may be the wrong way round, for robust and conservative. 0 to 0.49, usually 0.1 there.",
            {.low = 0, .high = 0.49}, {.advanced = true}),
        field<&DpoSettings::nllWeight>("nll_weight", "Keep the answers", "Weight of learning the chosen answers as well, which keeps their probability from falling. 0: off (usual); 1 where it falls.",
            {.low = 0, .high = 1000}, {.advanced = true}),
    });
    return section;
}

bool isSmoothed(const fields::SettingsView& run)
{
    return lossOf(run.text("objective.loss")).isSmoothed;
}

std::vector<fields::Rule> smoothingRules()
{
    return {{{"objective.label_smoothing", "objective.loss"},
             "Swapped pairs count with the losses robust and conservative only: take one of these, or set objective.label_smoothing to 0.",
             [](const fields::SettingsView& run) { return !isSmoothed(run) && run.number("objective.label_smoothing") > 0; }},
            {{"objective.label_smoothing", "objective.loss"},
             "Without a share of swapped pairs robust and conservative are the sigmoid loss: set objective.label_smoothing above 0, or take sigmoid.",
             [](const fields::SettingsView& run) { return isSmoothed(run) && run.number("objective.label_smoothing") <= 0; }}};
}

LossValue dpoLoss(const LossInput& input)
{
    const auto& settings = input.settings.of<DpoSettings>();
    const double beta = betaOf(input.settings.of<BetaSettings>(), kUsualBeta);
    const at::Tensor reference = referenceSums(input, kReference).view({-1, 2});
    const at::Tensor sums = pairSums(targetLogProbs(input.policy(), input.batch), input.batch);
    const Ratios of{sums - reference, pairCounts(input.batch), beta, settings.labelSmoothing};
    at::Tensor loss = lossOf(settings.loss).value(of).sum();
    const at::Tensor nll = sums.select(1, 0).sum().neg() * firstScaleOf(input.batch);
    if (settings.nllWeight > 0) {
        loss = loss + nll * settings.nllWeight;
    }
    std::vector<at::Tensor> measures = pairMeasures(of.ratios.detach() * beta);
    const at::Tensor seen = sums.detach();
    measures.push_back(seen.select(1, 0).sum());
    measures.push_back(seen.select(1, 1).sum());
    measures.push_back(nll.detach());
    return {loss, std::move(measures)};
}

} // namespace
} // namespace dpo_objective

Objective dpo()
{
    Objective row{{"dpo", "Preferences (DPO)",
                   "Learns to prefer the chosen answer of a pair to the rejected one, and stays near the model it began with. The usual "
                   "way to learn from preferences: no reward model, no answers made on the way."}};
    row.settings = {&dpo_objective::settingsSection(), &betaSection(), &referenceSection()};
    row.rules = dpo_objective::smoothingRules();
    row.takes = {data::ExampleKind::Preference};
    row.needs = "pairs of a chosen and a rejected answer";
    row.encode = encodePair;
    row.loss = dpo_objective::dpoLoss;
    row.rateShare = 0.05;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.usesReference = true;
    row.referenceColumns = dpo_objective::kReference;
    row.dropsInputs = false;
    row.measures = {"reward_margin", "reward_accuracy", "reward_chosen", "reward_rejected", "logp_chosen", "logp_rejected", "nll"};
    return row;
}

} // namespace luthier::objectives
