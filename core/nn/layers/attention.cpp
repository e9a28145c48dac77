// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/attention.h"

#include "core/nn/batch/flash_heads.h"
#include "core/nn/batch/round_size.h"
#include "core/nn/layers/capped_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::nn {

namespace {

// [T, S], true where query t (position S - T + t) sees key s.
at::Tensor visible(std::int64_t queries, std::int64_t keys, std::int64_t window, at::Device device)
{
    const auto options = at::TensorOptions().device(device).dtype(at::kLong);
    const at::Tensor distance
        = at::arange(keys - queries, keys, options).unsqueeze(1) - at::arange(keys, options).unsqueeze(0);
    const at::Tensor causal = distance.ge(0);
    return window > 0 ? causal.logical_and(distance.lt(window)) : causal;
}

at::Tensor spread(const at::Tensor& x, std::int64_t heads)
{
    return x.size(1) == heads ? x : x.repeat_interleave(heads / x.size(1), 1);
}

bool isHidden(std::int64_t queries, std::int64_t keys, std::int64_t window)
{
    return window > 0 && keys > std::min(window, keys - queries + window);
}

// Scores written out: for capped scores, which fused attention does not know.
at::Tensor capped(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    const at::Tensor raw = at::matmul(q, spread(k, q.size(1)).transpose(-2, -1)) * settings.scale;
    const at::Tensor scores = (raw / settings.softcap).tanh() * settings.softcap;
    const at::Tensor mask = visible(q.size(2), k.size(2), settings.window, q.device());
    const at::Tensor weights
        = at::softmax(scores.to(at::kFloat).masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity()), -1);
    return at::matmul(weights.to(q.scalar_type()), spread(v, q.size(1)));
}

// Whether the card would write out [T, S] scores of grouped heads: in fp32, and with a mask where cuDNN's attention is missing, it has
// no kernel for them, but one for as many key heads as query heads.
bool writesScores(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const std::optional<at::Tensor>& mask, bool causal, double scale)
{
    constexpr std::int64_t kWrittenOut = 0; // sdp::SDPBackend::math
    return at::_fused_sdp_choice(q, k, v, mask, 0, causal, scale, /*enable_gqa=*/true) == kWrittenOut;
}

// One query a row: the heads that share a key head are read as queries of it, so nothing is copied.
at::Tensor single(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale)
{
    const std::int64_t groups = q.size(1) / k.size(1);
    const at::Tensor grouped = q.reshape({q.size(0), k.size(1), groups, q.size(3)});
    return at::scaled_dot_product_attention(grouped, k, v, {}, 0, false, scale).reshape(q.sizes());
}

bool isFlash(const at::Tensor& q)
{
    return readsFlash(q.device(), q.scalar_type(), q.size(3));
}

// A token and what comes before it, so many of them in a window: the card's kernel passes over what is hidden, where a mask would be
// read and multiplied.
at::Tensor flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    const auto rows = [](const at::Tensor& x) { return x.transpose(1, 2); };
    const bool isCut = isHidden(q.size(2), k.size(2), settings.window);
    const auto before = isCut ? std::optional(settings.window - 1) : std::nullopt;
    const auto behind = isCut ? std::optional(std::int64_t{0}) : std::nullopt;
    const auto out = at::_flash_attention_forward(rows(q), rows(k), rows(v), std::nullopt, std::nullopt, q.size(2), k.size(2), 0.0, true,
                                                  false, settings.scale, before, behind);
    return std::get<0>(out).transpose(1, 2);
}

// cuDNN's attention is the faster one, and makes a plan for each width that it meets, which takes as long as a hundred passes: it is worth
// that for the widths that come again, and by the width alone, so that a resumed run computes as an uninterrupted one.
bool takesFlash(const at::Tensor& q, std::int64_t keys, std::int64_t window)
{
    return q.size(2) == keys && isFlash(q) && (isHidden(q.size(2), keys, window) || roundSize(keys) != keys);
}

at::Tensor fused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    const std::int64_t queries = q.size(2);
    const std::int64_t keys = k.size(2);
    if (queries == 1) {
        const std::int64_t seen = settings.window > 0 ? std::min(settings.window, keys) : keys;
        return single(q, k.narrow(2, keys - seen, seen), v.narrow(2, keys - seen, seen), settings.scale);
    }
    if (takesFlash(q, keys, settings.window)) {
        return flash(q, k, v, settings);
    }
    std::optional<at::Tensor> mask;
    const bool causal = queries == keys && !isHidden(queries, keys, settings.window);
    if (!causal) {
        mask = visible(queries, keys, settings.window, q.device());
    }
    const bool isGrouped = q.size(1) != k.size(1);
    if (q.is_cuda() && !(isGrouped && writesScores(q, k, v, mask, causal, settings.scale))) {
        return at::scaled_dot_product_attention(q, k, v, mask, 0, causal, settings.scale, isGrouped);
    }
    return at::scaled_dot_product_attention(q, spread(k, q.size(1)), spread(v, q.size(1)), mask, 0, causal,
                                            settings.scale);
}

at::Tensor one(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    if (settings.softcap == 0) {
        return fused(q, k, v, settings);
    }
    return knowsCappedAttention(q, k, settings) ? cappedAttention(q, k, v, settings) : capped(q, k, v, settings);
}

at::Tensor flat(const at::Tensor& heads)
{
    return heads.transpose(1, 2).reshape({heads.size(0) * heads.size(2), heads.size(1) * heads.size(3)});
}

// All segments in one kernel, where the card has it.
at::Tensor packedFlash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    const std::int64_t longest = settings.longest > 0 ? settings.longest : *std::max_element(settings.segments.begin(), settings.segments.end());
    const at::Tensor starts
        = settings.borders.defined() ? settings.borders : bordersOf(settings.segments, q.device());
    const auto rows = [](const at::Tensor& x) { return x.squeeze(0).transpose(0, 1); };
    const std::optional<std::int64_t> before = settings.window > 0 && settings.window < longest ? std::optional(settings.window - 1) : std::nullopt;
    const std::optional<std::int64_t> behind = before ? std::optional(std::int64_t{0}) : std::nullopt;
    const auto out = at::_flash_attention_forward(rows(q), rows(k), rows(v), starts, starts, longest, longest, 0.0, true,
                                                  false, settings.scale, before, behind);
    return std::get<0>(out).reshape({q.size(2), q.size(1) * q.size(3)});
}

bool canPack(const at::Tensor& q, const AttentionSettings& settings)
{
    return packsTexts(q.device(), q.scalar_type(), q.size(3), settings.softcap);
}

} // namespace

at::Tensor bordersOf(const std::vector<std::int64_t>& segments, at::Device device)
{
    std::vector<std::int32_t> borders{0};
    for (const std::int64_t length : segments) {
        borders.push_back(borders.back() + static_cast<std::int32_t>(length));
    }
    return at::tensor(borders, at::kInt).to(device, true);
}

std::vector<std::int64_t> startsOf(const std::vector<std::int64_t>& segments)
{
    std::vector<std::int64_t> starts;
    std::int64_t next = 0;
    for (const std::int64_t length : segments) {
        starts.push_back(next);
        next += length;
    }
    return starts;
}

at::Tensor seenBy(const at::Tensor& x, const AttentionSettings& settings, std::size_t segment)
{
    const auto starts = startsOf(settings.segments);
    const auto part = [&](std::size_t i) { return x.narrow(2, starts[i], settings.segments[i]); };
    const std::int64_t front = settings.fronts.empty() ? -1 : settings.fronts[segment];
    return front < 0 ? part(segment) : at::cat({part(static_cast<std::size_t>(front)), part(segment)}, 2);
}

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    const bool byBorders = settings.longest > 0 && canPack(q, settings);
    if (settings.segments.size() <= 1 && !byBorders) {
        return flat(one(q, k, v, settings));
    }
    if (settings.fronts.empty() && canPack(q, settings)) {
        return packedFlash(q, k, v, settings);
    }
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < settings.segments.size(); ++i) {
        const std::int64_t length = settings.segments[i];
        parts.push_back(flat(one(q.narrow(2, first, length), seenBy(k, settings, i), seenBy(v, settings, i), settings)));
        first += length;
    }
    return at::cat(parts);
}

} // namespace luthier::nn
