// SPDX-License-Identifier: GPL-3.0-or-later
// What a loss is given and gives. Internal to core: names torch types.
//
// A loss runs inside a training step that may be recorded on a card: nothing in it may wait for the card, and what it does
// depends on shapes alone, not on values.
#pragma once

#include "core/nn/decoder.h"
#include "core/objectives/micro_batch.h"
#include "core/objectives/objective_settings.h"

#include <functional>
#include <string>
#include <vector>

namespace luthier::objectives {

// What a model says of a micro-batch.
struct Prediction {
    at::Tensor hidden;  // [B, T, d], behind the last norm
    at::Tensor head;    // [V, d]
    double softcap = 0; // of the logits; 0: none
};

struct LossInput {
    const MicroBatch& batch; // on the model's device
    const ObjectiveSettings& settings;
    const std::vector<nn::NamedTensor>& heads; // in the order of Objective::heads

    std::function<Prediction()> policy;    // the model as it is trained now; differentiable
    std::function<Prediction()> reference; // the model as it was before the run, without dropout; no gradient
    // The same of another batch that this one brings, such as `mismatched`; both without dropout and gradient.
    std::function<Prediction(const MicroBatch&)> policyOf;
    std::function<Prediction(const MicroBatch&)> referenceOf;
    std::function<Prediction()> values = {}; // the base through the values' own adapters; differentiable. Null: they have none
};

struct LossValue {
    at::Tensor sum;                   // fp32 scalar on the device: what Objective::divisor divides
    std::vector<at::Tensor> measures; // likewise, in the order of Objective::measures; no gradient
};

// ln p of each target, [M] fp32. Differentiable where the prediction is.
at::Tensor targetLogProbs(const Prediction& prediction, const MicroBatch& batch);

} // namespace luthier::objectives
