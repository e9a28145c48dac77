// SPDX-License-Identifier: GPL-3.0-or-later
// BatchLoss: an objective's loss of a micro-batch, on a decoder: the one place where a pass over a batch is put together.
// Internal to core: names torch types.
//
// Decoder and objective must outlive it. Threads: one at a time.
#pragma once

#include "core/nn/pass.h"
#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"
#include "core/train/step/batch_source.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace luthier::train {

// What a decoder is given to read a micro-batch on its device.
nn::ForwardInput forwardOf(const MicroBatch& batch, const nn::Pass& pass);
objectives::Prediction predictionOf(nn::Decoder& decoder, const MicroBatch& batch, const nn::Pass& pass = {});

// What stands beside the policy over one base: the model before the run, which it is compared with, and what values read.
struct Reference {
    std::shared_ptr<const nn::AdapterSet> adapters = {}; // that count, of the model itself; null: none do
    std::shared_ptr<nn::Decoder> model = {};             // a frozen copy; null: the model itself, whose base does not change
    std::shared_ptr<const nn::AdapterSet> values = {};   // of the model itself, that its values read; they train. Null: its own
};

class BatchLoss {
public:
    BatchLoss(nn::Decoder& decoder, const objectives::Objective& objective, objectives::ObjectiveSettings settings = {},
              std::vector<nn::NamedTensor> heads = {}, Reference reference = {});

    nn::Decoder& decoder() const { return m_decoder; }
    const objectives::Objective& objective() const { return m_objective; }

    // `batch` lies on the decoder's device. Differentiable.
    objectives::LossValue training(const MicroBatch& batch, const nn::Pass& pass) const;
    // Adapters on, dropout off, no gradient.
    objectives::LossValue measured(const MicroBatch& batch) const;

    // What the model before the run says. No gradient.
    objectives::Prediction reference(const MicroBatch& batch) const;

    // What the values' own adapters make of it (Reference::values). Differentiable.
    objectives::Prediction values(const MicroBatch& batch, const nn::Pass& pass = {}) const;

    // What training() over such a batch would read of the decoder now; the batch may lie in CPU memory.
    std::vector<at::Tensor> readsOf(const MicroBatch& batch, const nn::Pass& pass) const;

    // What the sums of batches with so many targets and items are divided by; at least 1.
    std::int64_t divisor(std::int64_t trained, std::int64_t items) const;

private:
    objectives::LossInput inputOf(const MicroBatch& batch, const nn::Pass& pass) const;
    nn::Decoder& referenceModel() const { return m_reference.model ? *m_reference.model : m_decoder; }
    nn::Pass referencePass() const;
    nn::Pass valuePass(nn::Pass pass) const;

    nn::Decoder& m_decoder;
    const objectives::Objective& m_objective;
    objectives::ObjectiveSettings m_settings;
    std::vector<nn::NamedTensor> m_heads;
    Reference m_reference;
};

} // namespace luthier::train
