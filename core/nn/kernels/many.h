// SPDX-License-Identifier: GPL-3.0-or-later
// Many: small matrices read and written in one launch, where operators would start one for each of them. A function gives false, and
// has done nothing, where it has nothing for these tensors: not on one card, of another dtype, or with gaps within rows. Then the
// operators beside the caller do it. Internal to core: names torch types. Any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::nn::kernels {

// targets[i] = sources[i], of one shape each: to bf16, from fp32 or bf16.
bool narrowMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources);

// targets[i] += sources[i]: to fp32, from fp32 or bf16.
bool addMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources);

} // namespace luthier::nn::kernels
