// SPDX-License-Identifier: GPL-3.0-or-later
// FamilyShapes: the switches that make a small decoder one of a family, for tests that loop over families and add what is theirs.
#pragma once

#include "core/nn/decoder.h"

namespace luthier::support {

// Norms around both branches, a tied head; caps, windows and scales are the caller's.
inline void asGemma(nn::DecoderConfig& c)
{
    c.norm = nn::NormKind::RmsPlusOne;
    c.normPlace = nn::NormPlace::Both;
    c.activation = nn::Activation::GeluTanhGated;
    c.tiedHead = true;
}

// Learned positions, LayerNorm, biases everywhere.
inline void asGpt2(nn::DecoderConfig& c)
{
    c.family = "gpt2";
    c.layout = nn::WeightLayout::Gpt2;
    c.norm = nn::NormKind::Layer;
    c.activation = nn::Activation::GeluTanh;
    c.rotaryDim = 0;
    c.kvHeads = c.heads;
    c.attentionBias = c.outputBias = c.mlpBias = c.tiedHead = true;
}

} // namespace luthier::support
