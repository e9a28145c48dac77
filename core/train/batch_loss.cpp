// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/batch_loss.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

namespace luthier::train {

namespace {

nn::Pass passOfBase()
{
    nn::Pass pass;
    pass.adapters = nn::noAdapters();
    return pass;
}

} // namespace

nn::ForwardInput forwardOf(const MicroBatch& batch, const nn::Pass& pass)
{
    nn::ForwardInput input;
    input.ids = batch.ids;
    input.segments = batch.segments;
    input.pass = pass;
    return input;
}

objectives::Prediction predictionOf(nn::Decoder& decoder, const MicroBatch& batch, const nn::Pass& pass)
{
    return {decoder.hidden(forwardOf(batch, pass)), decoder.head(pass), decoder.config().logitSoftcap};
}

BatchLoss::BatchLoss(nn::Decoder& decoder, const objectives::Objective& objective, objectives::ObjectiveSettings settings,
                     std::vector<nn::NamedTensor> heads)
    : m_decoder(decoder), m_objective(objective), m_settings(std::move(settings)), m_heads(std::move(heads))
{
}

objectives::LossInput BatchLoss::inputOf(const MicroBatch& batch, const nn::Pass& pass) const
{
    return {batch, m_settings, m_heads, [this, &batch, pass] { return predictionOf(m_decoder, batch, pass); },
            [this, &batch] {
                const at::NoGradGuard noGrad;
                return predictionOf(m_decoder, batch, passOfBase());
            }};
}

objectives::LossValue BatchLoss::training(const MicroBatch& batch, const nn::Pass& pass) const
{
    return m_objective.loss(inputOf(batch, pass));
}

objectives::LossValue BatchLoss::measured(const MicroBatch& batch) const
{
    const at::NoGradGuard noGrad;
    return (m_objective.measure ? m_objective.measure : m_objective.loss)(inputOf(batch, {}));
}

std::vector<at::Tensor> BatchLoss::readsOf(const MicroBatch& batch, const nn::Pass& pass) const
{
    std::vector<at::Tensor> reads = m_decoder.readsOf(forwardOf(batch, pass));
    if (m_objective.usesReference) {
        const std::vector<at::Tensor> base = m_decoder.readsOf(forwardOf(batch, passOfBase()));
        reads.insert(reads.end(), base.begin(), base.end());
    }
    return reads;
}

std::int64_t BatchLoss::divisor(std::int64_t trained, std::int64_t items) const
{
    return std::max<std::int64_t>(1, m_objective.divisor == objectives::Divisor::Items ? items : trained);
}

} // namespace luthier::train
