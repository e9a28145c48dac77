// SPDX-License-Identifier: GPL-3.0-or-later
// Optimizer: what a training step asks of a way to change weights. Internal to core: names torch types.
//
// Gradients are clipped by the global norm of all of them (optimizer.max_grad_norm). No host synchronisation on a GPU
// inside step(). A row of optimizers.h makes one; most rows are a formula over a MomentOptimizer.
//
// Invariant: the state names equal the leaves' names, so a checkpoint made for other leaves, or by another optimizer,
// is refused.
// Threads: one at a time.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace luthier::optim {

class Optimizer {
public:
    Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;
    virtual ~Optimizer() = default;

    // Clips, steps and drops the gradients. Returns the gradient norm before clipping as a fp32 scalar tensor on the
    // device. A norm that is not finite leaves weights and state unchanged (decided on the device). Leaves without a
    // gradient are left alone.
    virtual at::Tensor step(double learningRate) = 0;
    virtual void zeroGrad() = 0;
    virtual std::vector<at::Tensor> leaves() const = 0;

    // Whether the state lies in host memory and comes to the device page by page (optimizer.paging). The numbers are
    // the same to the bit.
    virtual bool isPaged() const = 0;
    virtual std::int64_t pagedBytes() const = 0;
    // Moves the state to host memory. False: it is there already, there is none, or the settings say off.
    virtual bool pageOut() = 0;

    // Leaves that hold several matrices above each other: names and rows of each (merged_leaves.h). Before the first step; who steps on
    // each number alike does nothing about it.
    using Parts = std::map<std::string, std::vector<std::pair<std::string, std::int64_t>>>;
    virtual void split(const Parts&) {}

    // Clips by the norm that this gives, [] fp32, as where others step on the rest of a model; it is asked in every step, also in one without
    // gradients. Not for optimizers that look at whole leaves (OptimizerKind::pages), which nobody splits.
    using Norm = std::function<at::Tensor()>;
    virtual void clipBy(Norm) {}

    // Live tensors (of a paged state once all pages are back), for checkpoints.
    virtual std::vector<nn::NamedTensor> state() = 0;
    // Copies; errors name the tensor that is missing, too many, or of another shape, and change nothing. The leaves
    // hold the checkpoint's weights already.
    virtual Result<void> restore(const std::vector<nn::NamedTensor>& state) = 0;
};

} // namespace luthier::optim
