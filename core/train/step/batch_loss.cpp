// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/batch_loss.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

namespace luthier::train {

nn::ForwardInput forwardOf(const MicroBatch& batch, const nn::Pass& pass)
{
    nn::ForwardInput input;
    input.ids = batch.ids;
    input.segments = batch.segments;
    input.fronts = batch.fronts;
    input.packing = batch.packing;
    input.pass = pass;
    return input;
}

objectives::Prediction predictionOf(nn::Decoder& decoder, const MicroBatch& batch, const nn::Pass& pass)
{
    return {decoder.hidden(forwardOf(batch, pass)), decoder.head(pass), decoder.config().logitSoftcap};
}

BatchLoss::BatchLoss(nn::Decoder& decoder, const objectives::Objective& objective, objectives::ObjectiveSettings settings,
                     std::vector<nn::NamedTensor> heads, Reference reference)
    : m_decoder(decoder), m_objective(objective), m_settings(std::move(settings)), m_heads(std::move(heads)),
      m_reference(std::move(reference))
{
}

nn::Pass BatchLoss::referencePass() const
{
    nn::Pass pass;
    pass.adapters = m_reference.adapters ? m_reference.adapters : nn::noAdapters();
    return pass;
}

namespace {

// What reads it outside of the guard must find no leaf in it: the head of a model whose weights all train is one.
objectives::Prediction fixedPrediction(nn::Decoder& decoder, const MicroBatch& batch, const nn::Pass& pass)
{
    const at::NoGradGuard noGrad;
    objectives::Prediction prediction = predictionOf(decoder, batch, pass);
    prediction.head = prediction.head.detach();
    return prediction;
}

} // namespace

objectives::Prediction BatchLoss::reference(const MicroBatch& batch) const
{
    return fixedPrediction(referenceModel(), batch, referencePass());
}

nn::Pass BatchLoss::valuePass(nn::Pass pass) const
{
    pass.adapters = m_reference.values;
    return pass;
}

objectives::Prediction BatchLoss::values(const MicroBatch& batch, const nn::Pass& pass) const
{
    return predictionOf(m_decoder, batch, valuePass(pass));
}

objectives::LossInput BatchLoss::inputOf(const MicroBatch& batch, const nn::Pass& pass) const
{
    std::function<objectives::Prediction()> values;
    if (m_reference.values) {
        values = [this, &batch, pass] { return this->values(batch, pass); };
    }
    return {batch,
            m_settings,
            m_heads,
            [this, &batch, pass] { return predictionOf(m_decoder, batch, pass); },
            [this, &batch] { return reference(batch); },
            [this](const MicroBatch& other) { return fixedPrediction(m_decoder, other, {}); },
            [this](const MicroBatch& other) { return reference(other); },
            std::move(values)};
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
    const auto also = [&reads](std::vector<at::Tensor> more) { reads.insert(reads.end(), more.begin(), more.end()); };
    if (m_reference.values) {
        also(m_decoder.readsOf(forwardOf(batch, valuePass(pass))));
    }
    if (m_objective.usesReference) {
        also(referenceModel().readsOf(forwardOf(batch, referencePass())));
        for (const MicroBatch& other : batch.mismatched) {
            also(m_decoder.readsOf(forwardOf(other, {})));
            also(referenceModel().readsOf(forwardOf(other, referencePass())));
        }
    }
    return reads;
}

std::int64_t BatchLoss::divisor(std::int64_t trained, std::int64_t items) const
{
    return std::max<std::int64_t>(1, m_objective.divisor == objectives::Divisor::Items ? items : trained);
}

} // namespace luthier::train
