// SPDX-License-Identifier: GPL-3.0-or-later
// TokenKernel: one token through all layers of a plan in one kernel of a card, whose blocks wait for each other between products
// while the next weights are on their way (resources/kernels/token.cu). Only in builds with CUDA.
#pragma once

#include "core/nn/row/row_plan.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::row {

class TokenKernel {
public:
    explicit TokenKernel(at::Device device);

    // Whether the card starts such kernels, and the plan has nothing that this one does not know: updates, codes, norms behind
    // branches.
    bool fits(const RowPlan& plan) const;
    // h [hidden] fp32 becomes the last layer's output; keys and values go into the cache. The plan fits.
    void run(const RowPlan& plan, float* h);

private:
    struct Sizes;
    Sizes sizesOf(const RowPlan& plan) const;
    std::int64_t mostSplits(const RowPlan& plan) const; // of a head's keys
    void prepare(const RowPlan& plan);

    at::Device m_device;
    std::int64_t m_blocks = 0;
    std::int64_t m_sharedBytes = 0; // of a block
    RowPlan m_plan;                 // what m_layers says
    at::Tensor m_layers;
    at::Tensor m_qkv;
    at::Tensor m_mixed;
    at::Tensor m_inner;
    at::Tensor m_parted;
    at::Tensor m_arrived;
    std::uint32_t m_met = 0;        // blocks, at all meetings so far
};

} // namespace luthier::nn::row
