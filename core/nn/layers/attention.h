// SPDX-License-Identifier: GPL-3.0-or-later
// Attention: softmax(q k^T * scale) v with causal order, sliding windows, soft-capped scores, packed rows and a cache.
// Key head g serves the query heads g H/K ... (g + 1) H/K - 1. Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::nn {

struct AttentionSettings {
    double scale = 1;
    double softcap = 0;                      // 0: off
    std::int64_t window = 0;                 // keys seen, self included; 0: all
    std::vector<std::int64_t> segments = {}; // packed rows (B = 1): lengths that add up to T; none sees another
    at::Tensor borders = {};                 // bordersOf(segments) on q's device, so that layers share it
    // Packed rows whose segments share a beginning: for each the segment before it that it goes on from and sees whole, which
    // goes on from none; -1: none. Empty: no segment has one.
    std::vector<std::int64_t> fronts = {};
    std::int64_t longest = 0; // of the segments, as `borders` has them, or more: what a recorded pass goes by; 0: as segments say
};

// x [B, K, T, D] of a segment, behind that of the segment it goes on from: what its queries see.
at::Tensor seenBy(const at::Tensor& x, const AttentionSettings& settings, std::size_t segment);
// Where each segment begins.
std::vector<std::int64_t> startsOf(const std::vector<std::int64_t>& segments);

// [segments + 1] int32: where each segment begins, and T.
at::Tensor bordersOf(const std::vector<std::int64_t>& segments, at::Device device);

// q [B, H, T, D], k and v [B, K, S, D] where the T queries are the last of the S positions (S = T while training).
// -> [B * T, H * D]. Differentiable.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings);

} // namespace luthier::nn
