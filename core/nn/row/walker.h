// SPDX-License-Identifier: GPL-3.0-or-later
// Walker: takes one token through a decoder's layers as its plan says. Internal to core: names torch types.
#pragma once

#include "core/nn/row/row_plan.h"

#include <ATen/core/Tensor.h>

#include <memory>

namespace luthier::nn::row {

class Walker {
public:
    virtual ~Walker() = default;

    // Whether this device's way knows all that is in the plan.
    virtual bool fits(const RowPlan& plan) const = 0;
    // h [1, hidden] fp32 on the device becomes the last layer's output; keys and values go into the cache.
    virtual void run(const RowPlan& plan, const at::Tensor& h) = 0;
};

// Null: none for this kind of device.
std::unique_ptr<Walker> makeWalker(at::Device device);

// Of a card; null in builds without CUDA.
std::unique_ptr<Walker> makeCardWalker(at::Device device);

} // namespace luthier::nn::row
