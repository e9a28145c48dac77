// SPDX-License-Identifier: GPL-3.0-or-later
// CardSteps: the part of a SlotStepper that lives on a card: what stands in each slot, the choice of the next tokens, and the
// recorded step. The host hears of a step by one small copy. Internal to core: names torch types. One thread at a time.
#pragma once

#include "core/inference/sampler.h"
#include "core/nn/host_copy.h"
#include "core/nn/kernels/answer_kernels.h"
#include "core/nn/kernels/cuda_graph.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace luthier::inference {

class CardSteps {
public:
    CardSteps(at::Device device, std::int64_t slots, std::int64_t vocabulary, bool wantsLogProbs);

    // `length`: tokens that the cache holds of the text.
    void enter(std::int64_t slot, std::int64_t length, std::span<const text::TokenId> text, const Sampling& sampling);
    void leave(std::int64_t slot);
    // The first tokens of texts that entered; logits [n, V] of `slots` [n].
    void pick(const at::Tensor& logits, const at::Tensor& slots);
    // ids [1, slots] -> logits [slots, V] of what follows each; the next token of each slot.
    void step(const std::function<at::Tensor(const at::Tensor& ids)>& logits);
    // Begins to copy what was chosen last to the host: the next read() waits for that alone, not for what was queued behind it.
    void tell();
    // The last tokens of these slots; an id of -1 where no logit was a number. Waits for the card.
    std::vector<PickedToken> read(const std::vector<std::int64_t>& slots);

    const at::Tensor& ids() const { return m_pick.ids; }         // [slots], of what was chosen last
    const at::Tensor& lengths() const { return m_pick.lengths; } // [slots], of what stands in each
    void forget(); // the recorded step: what it reads is replaced

private:
    void choose(const at::Tensor& logits, const at::Tensor& slots, bool counts);

    nn::kernels::TokenPick m_pick;
    nn::HostCopy m_toldIds;
    nn::HostCopy m_toldLogProbs;
    bool m_isTold = false;
    at::Device m_device;
    std::unique_ptr<nn::kernels::cuda::Graph> m_graph; // null: not recorded
    bool m_warm = false;      // a step was made since the last forgetting, so that all memory and libraries are there
    bool m_recordable = true;
};

} // namespace luthier::inference
