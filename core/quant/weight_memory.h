// SPDX-License-Identifier: GPL-3.0-or-later
// WeightMemory: tensors of a model's weights in the host's large pages. Whoever multiplies a token reads weights from end to end, and with
// pages of 2 MiB a core finds the next ones without looking them up: reading goes half as fast again. malloc() gives such pages
// only by chance to tensors of a few megabytes. Internal to core: names torch types. Any thread.
#pragma once

#include <ATen/core/Tensor.h>

namespace luthier::quant {

// Not filled. On the CPU small tensors share pages and large ones have their own; elsewhere at::empty(). A tensor's whole pages go
// back to the machine when it is let go.
at::Tensor emptyWeights(at::IntArrayRef sizes, const at::TensorOptions& options);

} // namespace luthier::quant
