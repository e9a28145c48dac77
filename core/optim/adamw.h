// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW over a list of leaves, as torch.optim.AdamW computes it:
//   p *= 1 - lr*wd;  m, v moving averages;  p -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
// Decay is left out for norms and biases (transformers' name patterns). Clipping is by the global norm of all
// gradients; the norm reported is the one before. No host synchronisation on a GPU inside step().
//
// Invariant: the state names equal the leaves' names, so a checkpoint made for other leaves is refused.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::optim {

bool isDecayed(const std::string& name);

class AdamW {
public:
    AdamW(std::vector<nn::NamedTensor> leaves, const config::OptimizerSettings& settings);

    // Clips, steps and zeroes the gradients. Returns the gradient norm before clipping as a scalar tensor on the device.
    // With `finiteCheck` a non-finite norm leaves weights and moments unchanged (decided on the device).
    at::Tensor step(double learningRate);
    void zeroGrad();

    // Moments and step count under "exp_avg.<name>", "exp_avg_sq.<name>", "step": for checkpoints.
    std::vector<nn::NamedTensor> state();
    Result<void> restore(const std::vector<nn::NamedTensor>& state);

private:
    struct Group {
        double weightDecay = 0;
        std::vector<std::size_t> members; // into m_leaves
    };
    std::vector<nn::NamedTensor> m_leaves;
    std::vector<at::Tensor> m_expAvg;
    std::vector<at::Tensor> m_expAvgSq;
    std::vector<at::Tensor> m_steps;
    std::vector<Group> m_groups;
    config::OptimizerSettings m_settings;
};

} // namespace luthier::optim
