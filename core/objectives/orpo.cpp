// SPDX-License-Identifier: GPL-3.0-or-later
// Odds ratio preference optimisation (arXiv 2403.07691): learns the prompts with their chosen answers, and raises the odds of the
// chosen over the rejected answer, in one go and without a reference.
//   p = exp(mean ln p of an answer's tokens),  odds = p / (1 - p)
//   loss = NLL of prompt and chosen answer - beta ln sigmoid(ln odds_chosen - ln odds_rejected)
#include "core/objectives/objectives_table.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>

namespace luthier::objectives {

namespace orpo_objective {
namespace {

constexpr double kUsualBeta = 0.1;
constexpr double kTop = -1e-7; // mean ln p above it: the answer is certain, and its odds would be infinite

// Prompt and chosen answer are targets; where the answer begins among them stands in the column "prompt".
Result<EncodedItem> encodeOdds(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    auto item = encodePair(encoder, example, settings);
    if (!item) {
        return item;
    }
    std::vector<std::uint8_t>& chosen = item->sequences[0].trained;
    const auto answer = std::find(chosen.begin(), chosen.end(), 1);
    item->values = {static_cast<float>(std::max<std::ptrdiff_t>(0, answer - chosen.begin() - 1))};
    if (answer != chosen.end()) {
        std::fill(chosen.begin() + 1, chosen.end(), 1);
    }
    return item;
}

// [M] fp32: 1 for a target of an answer, 0 for one of a prompt or none.
at::Tensor ofAnswers(const MicroBatch& batch)
{
    const at::Tensor counts = sumBySequence(batch.targets.ge(0).to(at::kLong), batch); // [S]
    const at::Tensor first = counts.cumsum(0) - counts;
    const at::Tensor place = at::arange(batch.targets.size(0), batch.targets.options()) - first.index_select(0, batch.owners);
    const at::Tensor item = batch.owners.div(2, "floor");
    const at::Tensor prompt = batch.column("prompt").to(at::kLong).index_select(0, item);
    const at::Tensor isRejected = batch.owners.remainder(2).to(at::kBool);
    return (isRejected | place.ge(prompt)).to(at::kFloat) * batch.targets.ge(0).to(at::kFloat);
}

// ln(1 - e^x) of x < 0.
at::Tensor log1mexp(const at::Tensor& x)
{
    const at::Tensor small = x.lt(-std::log(2.0));
    // Each branch sees only what it is exact for, so that no gradient is infinite times nothing.
    const at::Tensor far = at::where(small, x, -1.0);
    const at::Tensor near = at::where(small, -0.5, x);
    return at::where(small, at::log1p(-far.exp()), (-at::expm1(near)).log());
}

LossValue orpoLoss(const LossInput& input)
{
    const double beta = betaOf(input.settings.of<BetaSettings>(), kUsualBeta);
    const at::Tensor logProbs = targetLogProbs(input.policy(), input.batch);
    const at::Tensor isAnswer = ofAnswers(input.batch);
    const at::Tensor nll = pairSums(logProbs, input.batch).select(1, 0).sum().neg() * firstScaleOf(input.batch);
    const at::Tensor means
        = (pairSums(logProbs * isAnswer, input.batch) / pairSums(isAnswer, input.batch).clamp_min(1)).clamp_max(kTop);
    const at::Tensor odds = means - log1mexp(means);
    const at::Tensor logOdds = odds.select(1, 0) - odds.select(1, 1);
    const at::Tensor loss = nll - at::log_sigmoid(logOdds).sum() * beta;
    const at::Tensor seen = means.detach();
    std::vector<at::Tensor> measures = pairMeasures(seen * beta);
    measures.push_back(seen.select(1, 0).sum());
    measures.push_back(seen.select(1, 1).sum());
    measures.push_back(nll.detach());
    measures.push_back(logOdds.detach().sum());
    return {loss, std::move(measures)};
}

} // namespace
} // namespace orpo_objective

Objective orpo()
{
    Objective row{{"orpo", "Answers and preferences (ORPO)",
                   "Learns the chosen answers and to prefer them at once, without a reference. For a base model that was not tuned on "
                   "answers yet."}};
    row.settings = {&betaSection()};
    row.takes = {data::ExampleKind::Preference};
    row.needs = "pairs of a chosen and a rejected answer";
    row.encode = orpo_objective::encodeOdds;
    row.loss = orpo_objective::orpoLoss;
    row.rateShare = 0.05;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.columns = {"prompt"};
    row.dropsInputs = false;
    row.measures = {"reward_margin", "reward_accuracy", "reward_chosen", "reward_rejected", "mean_logp_chosen", "mean_logp_rejected", "nll", "log_odds"};
    return row;
}

} // namespace luthier::objectives
