// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerKernels: the seam of fused kernels that answers alone need, beside kernels.h, whose rules are theirs: an undefined
// tensor or false says that there is nothing for these tensors, and the plain body beside the caller runs.
// Internal to core: names torch types. Nothing here is recorded by autograd. Any thread.
#pragma once

#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::kernels {

// x [n, in], few rows, times a quantised weight [out, in] transposed, [n, out] in x's dtype: the codes are read once and the
// numbers never lie in memory. They and the sums are those of dequantise() and a product. bf16 on a card.
at::Tensor codesProduct(const at::Tensor& x, const quant::QuantisedWeight& weight);

// One token of each of n texts (see nn/batch/slot_cache.h): its key and value go behind those that its slot holds, then its
// query sees them all, or the last `window` of them. [n, H D] in q's dtype. fp32 and bf16 on the CPU, bf16 on a card.
struct SlotQuery {
    at::Tensor q;            // [n, H, D], without gaps in D
    at::Tensor k;            // [n, K, D]
    at::Tensor v;
    at::Tensor keys;         // [slots, K, capacity, D], contiguous; written
    at::Tensor values;
    at::Tensor slots;        // [n] int64; undefined: the first n, in order
    at::Tensor lengths;      // [n] int64
    std::int64_t longest = 0;
    double scale = 1;
    double softcap = 0;      // 0: off
    std::int64_t window = 0; // 0: all
};
at::Tensor slotAttention(const SlotQuery& query);

// The next token of each row of logits, as inference::Sampler picks it, which is the plain body; for cards alone, and of any
// dtype of the model. All tensors lie on one card; those by slot are [slots] unless said otherwise.
struct TokenPick {
    at::Tensor logits;   // [n, V] fp32, contiguous
    at::Tensor slots;    // [n] int64; undefined: the first n, in order
    at::Tensor active;   // int64; 0: nothing is done for this slot
    at::Tensor settings; // [slots, 4] fp64: temperature, repetition penalty, top-p, top-k
    at::Tensor seeds;    // int64
    at::Tensor draws;    // int64: numbers drawn so far, counted on
    at::Tensor seen;     // [slots, V] uint8: what the penalty has seen, kept up
    at::Tensor ids;      // int64, what is read next: written
    at::Tensor picked;   // int64, written: the id, or -1 where no logit is a number
    at::Tensor logProbs; // fp32, written; undefined: not wanted
    at::Tensor lengths;  // int64, counted on; undefined: left alone
};
bool picksTokens(at::Device device);
bool pickTokens(const TokenPick& pick);

namespace cpu {
at::Tensor slotAttention(const SlotQuery& query);
}

// Of a card; cuda_none.cpp has none.
namespace cuda {
at::Tensor codesProduct(const at::Tensor& x, const quant::QuantisedWeight& weight);
at::Tensor slotAttention(const SlotQuery& query);
bool pickTokens(const TokenPick& pick);
}

} // namespace luthier::nn::kernels
