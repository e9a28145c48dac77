// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks: what a layer computes around attention, each as one autograd node with a backward pass written by hand, so
// that a frozen weight saves nothing and norms and activations are rebuilt instead of kept.
//
// Shapes as in decoder.h; N = B * T. A block holds by value how its pass computes, for the backward pass too; the
// LinearGroups behind it must outlive that. Internal to core.
#pragma once

#include "core/nn/families/decoder_config.h"
#include "core/nn/layers/linear_group.h"
#include "core/nn/layers/norm.h"
#include "core/nn/layers/rope.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn {

struct HeadShape {
    std::int64_t rows = 1;    // B
    std::int64_t tokens = 1;  // T
    std::int64_t heads = 1;   // H
    std::int64_t kvHeads = 1; // K
    std::int64_t dim = 1;     // D
};

// h [N, d] -> norm -> q, k, v products -> norms of q and k -> rotation.
struct AttentionInput {
    Norm norm; // absent: h is read as it is
    ActiveLinear qkv;
    QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;
    Norm queryNorm;
    Norm keyNorm;
    HeadShape shape;
    RopeTables tables; // undefined: no rotation
};
struct Heads {
    at::Tensor q; // [B, H, T, D]
    at::Tensor k; // [B, K, T, D]
    at::Tensor v;
    at::Tensor residual; // h again: its gradient is added inside the same node
};
Heads attentionInput(AttentionInput block, const at::Tensor& h);

// residual + after(linear(x)); x [N, in]. An undefined residual is left out.
struct BranchOutput {
    ActiveLinear linear;
    Norm after; // absent in most families
};
at::Tensor branchOutput(BranchOutput block, const at::Tensor& x, const at::Tensor& residual);

// h + after(down(act(gateUp(norm(h))))).
struct Mlp {
    Norm norm;
    ActiveLinear gateUp;
    ActiveLinear down;
    Norm after;
    Activation activation = Activation::SiluGated;
    bool residual = true; // false: without h +
    bool outputWanted = true; // false: run again for the backward pass, whose caller reads none of the output's numbers
};
at::Tensor mlp(Mlp block, const at::Tensor& h);

// The norm alone as a node.
at::Tensor normalise(const Norm& norm, const at::Tensor& h);

} // namespace luthier::nn
