// SPDX-License-Identifier: GPL-3.0-or-later
// Kahneman-Tversky optimisation (arXiv 2402.01306): answers that were judged good or bad one by one.
//   r = ln p(answer) - ln p_ref(answer)
//   z = max(0, mean r of answers set behind the next item's prompt), within the micro-batch, without a gradient
//   loss = w_good (1 - sigmoid(beta (r - z))) of a good answer, w_bad (1 - sigmoid(beta (z - r))) of a bad one
#include "core/objectives/objectives_table.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <vector>

namespace luthier::objectives {

namespace kto_objective {
namespace {

constexpr double kUsualBeta = 0.1;
const std::vector<std::string> kReference = {"reference"};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<ObjectiveSettings, KtoSettings>({
        field<&KtoSettings::desirableWeight>("desirable_weight", "Weight of good answers", "How much a good answer counts. Usually 1; larger where good ones are few.", {.low = 0, .high = 1000}, {.advanced = true}),
        field<&KtoSettings::undesirableWeight>("undesirable_weight", "Weight of bad answers", "How much a bad answer counts. Usually 1; larger where bad ones are few.", {.low = 0, .high = 1000}, {.advanced = true}),
    });
    return section;
}

fields::Rule someNeighbour()
{
    return {{"run.batch_size"},
            "KTO compares the answers of a batch with each other: set run.batch_size to 2 or more.",
            [](const fields::SettingsView& run) { return run.number("run.batch_size") < 2; }};
}

Result<EncodedItem> encodeJudged(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    if (!example.desirable) {
        return Error{"the answer is not judged; add \"label\", true for a good answer and false for a bad one"};
    }
    auto item = encodeAnswer(encoder, example, settings);
    if (item) {
        item->values = {*example.desirable ? 1.0F : 0.0F};
    }
    return item;
}

// How much likelier than for the reference answers are behind prompts that they do not belong to; [] fp32.
at::Tensor divergence(const LossInput& input)
{
    if (input.batch.mismatched.empty()) {
        return at::zeros({}, input.batch.column("desirable").options());
    }
    const MicroBatch& other = input.batch.mismatched.front();
    const at::Tensor policy = sumBySequence(targetLogProbs(input.policyOf(other), other), other);
    const at::Tensor reference = sumBySequence(targetLogProbs(input.referenceOf(other), other), other);
    return (policy - reference).mean().clamp_min(0);
}

LossValue ktoLoss(const LossInput& input)
{
    const auto& settings = input.settings.of<KtoSettings>();
    const double beta = betaOf(input.settings.of<BetaSettings>(), kUsualBeta);
    const at::Tensor isGood = input.batch.column("desirable");
    const at::Tensor kl = divergence(input);
    const at::Tensor reference = referenceSums(input, kReference);
    const at::Tensor sums = sumBySequence(targetLogProbs(input.policy(), input.batch), input.batch);
    const at::Tensor ratios = sums - reference;
    const at::Tensor sign = isGood * 2 - 1;
    const at::Tensor weight = isGood * settings.desirableWeight + (1 - isGood) * settings.undesirableWeight;
    const at::Tensor losses = (1 - at::sigmoid(sign * (ratios - kl) * beta)) * weight;
    const at::Tensor rewards = ratios.detach() * beta;
    const at::Tensor seen = sums.detach();
    const at::Tensor isBad = 1 - isGood;
    return {losses.sum(),
            {kl * static_cast<double>(input.batch.items), (rewards * isGood).sum(), (rewards * isBad).sum(), (seen * isGood).sum(),
             (seen * isBad).sum(), isGood.sum()}};
}

// Rewards and log-probabilities over the answers that they are of, and how far the two kinds are apart.
void overTheirOwn(measures::Values& values)
{
    const auto* share = &measures::measureOf("share_desirable");
    const double good = measures::find(values, *share).value_or(0);
    for (measures::Value& value : values) {
        const bool isOfGood = value.measure->id.ends_with("_chosen");
        if (isOfGood || value.measure->id.ends_with("_rejected")) {
            value.value /= isOfGood ? good : 1 - good;
        }
    }
    std::erase_if(values, [](const measures::Value& value) { return !std::isfinite(value.value); }); // none of that kind
    const auto chosen = measures::find(values, measures::measureOf("reward_chosen"));
    const auto rejected = measures::find(values, measures::measureOf("reward_rejected"));
    if (chosen && rejected) {
        values.push_back({&measures::measureOf("reward_margin"), *chosen - *rejected});
    }
}

} // namespace
} // namespace kto_objective

Objective kto()
{
    Objective row{{"kto", "Good and bad answers (KTO)",
                   "Learns from answers judged good or bad one by one, without pairs. For thumbs up and down as people give them."}};
    row.settings = {&betaSection(), &kto_objective::settingsSection(), &referenceSection()};
    row.rules = {kto_objective::someNeighbour()};
    row.takes = {data::ExampleKind::Conversation};
    row.needs = "answers judged good or bad";
    row.encode = kto_objective::encodeJudged;
    row.loss = kto_objective::ktoLoss;
    row.rateShare = 0.05;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.usesReference = true;
    row.referenceColumns = kto_objective::kReference;
    row.mismatches = true;
    row.dropsInputs = false;
    row.columns = {"desirable"};
    row.meets = "desirable"; // a step of one kind alone moves everything one way
    row.measures = {"kl", "reward_chosen", "reward_rejected", "logp_chosen", "logp_rejected", "share_desirable"};
    row.finish = kto_objective::overTheirOwn;
    return row;
}

} // namespace luthier::objectives
