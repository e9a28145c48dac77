// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW over a list of leaves, as torch.optim.AdamW computes it:
//   p *= 1 - lr*wd;  m, v moving averages;  p -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
// Decay is left out for norms and biases (transformers' name patterns). Clipping is by the global norm of all
// gradients; the norm reported is the one before. No host synchronisation on a GPU inside step().
//
// A leaf in fp32 is stepped on as it is. A leaf in bf16 or fp16 has a master copy in fp32: gradients are widened,
// the master is stepped on, the leaf gets its rounding. Moments are fp32 always. So full tuning in bf16 loses no
// small step; it takes 16 bytes a weight, gradient included, as fp32 does.
//
// Paged (settings.paging), moments and masters lie in host memory and come to the device page by page in a step (see
// state_pager.h): on: always; auto: when the device has no room for them, at the start or when pageOut() is called; off:
// never. The numbers are the same to the bit.
//
// Invariant: the state names equal the leaves' names, so a checkpoint made for other leaves is refused.
// Threads: one at a time.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/nn/decoder.h"
#include "core/optim/state_pager.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace luthier::optim {

bool isDecayed(const std::string& name);

class AdamW {
public:
    // The learning rate of `settings` is not used; step() takes it.
    AdamW(std::vector<nn::NamedTensor> leaves, const config::OptimizerSettings& settings,
          std::int64_t pageElements = kPageElements);

    // Clips, steps and drops the gradients. Returns the gradient norm before clipping as a fp32 scalar tensor on the
    // device. A norm that is not finite leaves weights, moments and step count unchanged (decided on the device).
    // Leaves without a gradient are left alone.
    at::Tensor step(double learningRate);
    void zeroGrad();
    std::vector<at::Tensor> leaves() const;

    bool isPaged() const { return m_pager != nullptr; }
    std::int64_t pagedBytes() const { return m_pager ? m_pager->bytes() : 0; }
    // Moves the state to host memory. False: it is there already, or the settings say off.
    bool pageOut();

    // Live tensors (of a paged state once all pages are back) under "exp_avg.<name>", "exp_avg_sq.<name>", "master.<name>" (bf16 and fp16 leaves alone) and
    // "step": for checkpoints.
    std::vector<nn::NamedTensor> state();
    // Copies; errors name the tensor that is missing, too many, or of another shape, and change nothing. The leaves
    // hold the checkpoint's weights already: masters that are not stored start from them, stored masters that are not
    // needed here (another device or precision) become the leaves' values.
    Result<void> restore(const std::vector<nn::NamedTensor>& state);

private:
    struct Slot {
        nn::NamedTensor leaf;
        at::Tensor master; // the leaf itself when it is fp32
        at::Tensor expAvg;
        at::Tensor expAvgSq;
        bool decayed = false;

        bool hasMaster() const { return !master.is_same(leaf.tensor); }
    };
    struct Call; // the lists of one fused kernel call

    std::vector<nn::NamedTensor> named(bool withLeaves) const; // with the fp32 leaves, which are their own masters
    void makeState();
    void add(Call& call, const Slot& slot, const at::Tensor& leaf, const at::Tensor& gradient,
             const std::vector<at::Tensor>& state) const;
    void stepPaged(double learningRate, const at::Tensor& divisor, const at::Tensor& notFinite);
    void apply(Call& call, double learningRate, const at::Tensor& divisor, const at::Tensor& notFinite);

    std::vector<Slot> m_slots;
    at::Tensor m_step; // fp32 scalar on the device, shared by all leaves
    config::OptimizerSettings m_settings;
    std::int64_t m_pageElements;
    std::unique_ptr<StatePager> m_pager; // the slots' state is its memory
};

} // namespace luthier::optim
