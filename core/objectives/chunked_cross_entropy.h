// SPDX-License-Identifier: GPL-3.0-or-later
// Chunked cross-entropy: LM head and loss over blocks of rows, so that the full logits [N, V] never exist.
// Rows without a target are dropped before the head when `targets` lies on the CPU (where counting them costs no
// wait for the device). The gradient is made in the forward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::objectives {

struct CrossEntropySettings {
    double scale = 1;            // of the sum: 1 / trained tokens of the whole optimizer step
    double softcap = 0;          // logits are cap * tanh(logits / cap); 0: off
    std::int64_t chunkRows = 0;  // 0: by device and vocabulary
};

// hidden [N, d], head [V, d], targets [N] int64 with -100 for "no target" (already shifted), on the CPU or hidden's device.
// Returns sum over targets of -ln p(target) times scale, a scalar fp32 tensor, differentiable in hidden and,
// when it requires grad, head.
at::Tensor chunkedCrossEntropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                               const CrossEntropySettings& settings);
inline at::Tensor chunkedCrossEntropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                                      double scale, std::int64_t chunkRows = 0)
{
    return chunkedCrossEntropy(hidden, head, targets, CrossEntropySettings{scale, 0, chunkRows});
}

// Per-row -ln p(target), no gradient; 0 where the target is -100. [N] fp32 on hidden's device.
at::Tensor chunkedTokenLosses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                              double softcap = 0);

} // namespace luthier::objectives
