// SPDX-License-Identifier: GPL-3.0-or-later
// LowRank kernels: low-rank updates that whoever reads their sum adds in passing, instead of a pass over it for each. bf16 on a card
// alone, and only what fitsLow() says yes to: the plain bodies add them beforehand. Internal to core: names torch types. Nothing here
// is recorded by autograd. Any thread.
#pragma once

#include "core/nn/kernels/kernels.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace luthier::nn::kernels {

// scale * low b^T [N, columns]: low [N, r]; b [columns, r].
struct LowTerm {
    at::Tensor low = {}; // undefined: there is none
    at::Tensor b = {};
    double scale = 1;
};

// Of slices that lie side by side.
using LowTerms = std::vector<LowTerm>;

// Whether the functions here know an x [N, columns of all slices] with these updates, of which there is one at least. Columns of slices
// that x is read by are multiples of 32 (kLowColumns), which the caller knows.
constexpr std::int64_t kLowColumns = 32;
bool fitsLow(const at::Tensor& x, const LowTerms& terms);
// The same of one update of an x with so many columns, contiguous as b is.
bool fitsLow(const at::Tensor& low, std::int64_t columns);

// gatedForward() of x [N, 2F] with the updates of gate and up.
at::Tensor gatedForwardLow(bool silu, const at::Tensor& x, const LowTerms& terms);

// What a dropout drops of an update; none without a draw.
struct LowDrop {
    std::optional<DropoutDraw> draw = {};
    double dropout = 0;
};

// What the update of a product's reader does to the product, for its gradient.
struct LowBelow {
    LowTerm term = {}; // added to the product's gradient, where the product was kept
    LowDrop drop = {};
    bool wantsProduct = false;
};
struct GatedGradients {
    at::Tensor x;       // [N, 2F]
    at::Tensor product; // [N, F], dropped as its reader saw it; undefined: not wanted
};
// gatedBackward() with those updates and with what the gradient dy of the product lacks.
GatedGradients gatedBackwardLow(bool silu, const at::Tensor& x, const at::Tensor& dy, const LowTerms& terms, const LowBelow& below = {});

// y [N, n], contiguous, += its one update, and `add` where it is defined, of the same kind.
void addLow(const at::Tensor& y, const LowTerm& term, const at::Tensor& add, const LowDrop& drop = {});

// Heads of q, k and v side by side, x [N, (heads + 2 kvHeads) dim], receive their three updates, and q and k are turned (rope.h);
// row r is token r % T of cos and sin [T, dim / 2] fp32.
struct LowHeads {
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    std::int64_t dim = 64;
    at::Tensor cos = {};
    at::Tensor sin = {};
};
bool turnsLow(const LowHeads& heads);
void turnLow(const at::Tensor& x, const LowTerms& terms, const LowHeads& heads);

} // namespace luthier::nn::kernels
