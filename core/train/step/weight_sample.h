// SPDX-License-Identifier: GPL-3.0-or-later
// WeightSample: some numbers of every trained tensor, kept to see whether training changed anything. Internal to core: names
// torch types.
#pragma once

#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::train {

class WeightSample {
public:
    // At most some thousand numbers of each, spread over it; copied to host memory.
    explicit WeightSample(const std::vector<nn::NamedTensor>& tensors);

    std::int64_t size() const;
    // Whether one of them differs in the same tensors as they are now.
    bool differs(const std::vector<nn::NamedTensor>& tensors) const;

private:
    std::vector<at::Tensor> m_numbers;
};

} // namespace luthier::train
