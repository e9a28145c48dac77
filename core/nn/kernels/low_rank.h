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

// scale * low b^T [N, columns]: low [N, r]; b [columns, r], or [r, columns] where it lies across.
struct LowTerm {
    at::Tensor low = {}; // undefined: there is none
    at::Tensor b = {};
    double scale = 1;
    bool across = false;
};

// Of gate and up.
using LowTerms = std::vector<LowTerm>;

// Whether the functions here know an x [N, columns of all terms] with these updates.
bool fitsLow(const at::Tensor& x, const LowTerms& terms);
// The same of one update of an x with so many columns, contiguous.
bool fitsLow(const LowTerm& term, std::int64_t columns);

// gatedForward() of x [N, 2F] with the updates of gate and up.
at::Tensor gatedForwardLow(bool silu, const at::Tensor& x, const LowTerms& terms, Fp8Rows* rows = nullptr);

// What the update of a product's reader does to the product, for its gradient.
struct LowBelow {
    LowTerm term = {};                     // added to the product's gradient, where the product was kept
    std::optional<DropoutDraw> draw = {};  // none: nothing was dropped
    double dropout = 0;
    bool wantsProduct = false;
};
struct GatedGradients {
    at::Tensor x;       // [N, 2F]
    at::Tensor product; // [N, F], dropped as its reader saw it; undefined: not wanted
};
// gatedBackward() with those updates and with what the gradient dy of the product lacks.
GatedGradients gatedBackwardLow(bool silu, const at::Tensor& x, const at::Tensor& dy, const LowTerms& terms, const LowBelow& below = {},
                                Fp8Rows* rows = nullptr);

} // namespace luthier::nn::kernels
