// SPDX-License-Identifier: GPL-3.0-or-later
// AutogradNode: puts a computation with a hand-written backward pass into autograd's graph. A block is one node, so
// what is saved for the backward pass is chosen by us and not by the operators inside. Internal to core.
//
// Threads: the backward pass may run on autograd's thread of a device.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

namespace luthier::nn {

class Computation {
public:
    virtual ~Computation() = default;
    // Runs without gradients. Keeps what backward needs in members (never an own output with its history).
    virtual std::vector<at::Tensor> forward() = 0;
    // Gradients of the outputs (undefined: none) -> gradients of record()'s inputs, in their order.
    virtual std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) = 0;
};

// Runs the computation and, where an input requires a gradient, records it. Outputs must not be inputs themselves.
std::vector<at::Tensor> record(std::unique_ptr<Computation> computation, const std::vector<at::Tensor>& inputs);

} // namespace luthier::nn
