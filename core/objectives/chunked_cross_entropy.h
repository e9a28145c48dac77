// SPDX-License-Identifier: GPL-3.0-or-later
// Chunked cross-entropy: LM head and loss over blocks of rows, so that the full logits [N, V] never exist.
// Rows without a target are dropped before the head. The gradient is made in the forward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::objectives {

// hidden [N, d], head [V, d], targets [N] int64 with -100 for "no target" (already shifted).
// Returns sum over targets of -ln p(target) times `scale`, a scalar fp32 tensor, differentiable in hidden and,
// when it requires grad, head. scale = 1 / trained tokens of the whole optimizer step.
at::Tensor chunkedCrossEntropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                               double scale, std::int64_t chunkRows = 0); // 0: by device and vocabulary

// Per-row -ln p(target), no gradient; 0 where the target is -100. [N] fp32.
at::Tensor chunkedTokenLosses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets);

} // namespace luthier::objectives
