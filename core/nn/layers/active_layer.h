// SPDX-License-Identifier: GPL-3.0-or-later
// ActiveLayer: a layer as one pass computes it, by value: the adapters, copies and bottlenecks that the pass counts, as they
// are when it begins. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/extras.h"
#include "core/nn/layers/linear_group.h"
#include "core/nn/layers/norm.h"

namespace luthier::nn {

// Norms and bottlenecks may be absent (exists() is false). Members as in Layer (decoder.h).
struct ActiveLayer {
    Norm inputNorm;
    ActiveLinear qkv;
    Norm queryNorm;
    Norm keyNorm;
    ActiveLinear output;
    Norm attentionNorm;
    Norm mlpNorm;
    ActiveLinear gateUp;
    ActiveLinear down;
    Norm outputNorm;
    Bottleneck afterAttention;
    Bottleneck afterMlp;
};

} // namespace luthier::nn
