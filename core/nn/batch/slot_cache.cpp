// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/batch/slot_cache.h"

#include "core/nn/kernels/answer_kernels.h"

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

namespace luthier::nn {

namespace {

using at::indexing::Slice;

// The plain body: all slots see `longest` keys, of which those behind their own end are hidden.
at::Tensor attend(const kernels::SlotQuery& query)
{
    const at::Tensor slots = query.slots.defined() ? query.slots : at::arange(query.q.size(0), query.lengths.options());
    at::Tensor(query.keys).index_put_({slots, Slice(), query.lengths}, query.k);
    at::Tensor(query.values).index_put_({slots, Slice(), query.lengths}, query.v);
    const auto seen = [&](const at::Tensor& all) {
        const at::Tensor part = all.narrow(2, 0, query.longest + 1);
        return query.slots.defined() ? part.index_select(0, query.slots) : part;
    };
    const at::Tensor keys = seen(query.keys);
    const at::Tensor grouped = query.q.reshape({query.q.size(0), keys.size(1), -1, query.q.size(2)}); // heads of one key head
    at::Tensor scores = at::matmul(grouped, keys.transpose(-2, -1)).to(at::kFloat) * query.scale;
    if (query.softcap > 0) {
        scores = (scores / query.softcap).tanh() * query.softcap;
    }
    const at::Tensor ends = query.lengths.view({-1, 1, 1, 1});
    const at::Tensor places = at::arange(keys.size(2), query.lengths.options());
    at::Tensor hidden = places > ends;
    if (query.window > 0) {
        hidden = hidden.logical_or(places <= ends - query.window);
    }
    const at::Tensor weights = at::softmax(scores.masked_fill(hidden, -std::numeric_limits<float>::infinity()), -1);
    return at::matmul(weights.to(query.q.scalar_type()), seen(query.values)).reshape({query.q.size(0), -1});
}

} // namespace

SlotCache makeSlots(const Decoder& decoder, std::int64_t slots, std::int64_t capacity)
{
    const DecoderConfig& config = decoder.config();
    SlotCache cache;
    cache.length = SlotCache::kOwnLengths;
    const auto options = at::TensorOptions().device(decoder.device()).dtype(decoder.dtype());
    for (std::int64_t i = 0; i < config.layers; ++i) {
        // Zeros: what lies behind a text's end is weighed with nothing, which must not be nothing times NaN.
        cache.keys.push_back(at::zeros({slots, config.kvHeads, capacity, config.headDim}, options));
        cache.values.push_back(at::zeros({slots, config.kvHeads, capacity, config.headDim}, options));
    }
    if (config.rotaryDim > 0) {
        cache.tables = PositionTables(config.rope, config.rotaryDim, config.maxPositions, capacity, decoder.device());
        if (config.hasLocalRope) {
            cache.localTables
                = PositionTables(config.localRope, config.rotaryDim, config.maxPositions, capacity, decoder.device());
        }
    }
    return cache;
}

SlotCache grown(const Decoder& decoder, const SlotCache& cache, std::int64_t capacity)
{
    const at::NoGradGuard noGrad;
    SlotCache larger = makeSlots(decoder, cache.keys.front().size(0), capacity);
    const std::int64_t had = std::min(cache.capacity(), capacity);
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        larger.keys[i].narrow(2, 0, had).copy_(cache.keys[i].narrow(2, 0, had));
        larger.values[i].narrow(2, 0, had).copy_(cache.values[i].narrow(2, 0, had));
    }
    larger.slots = cache.slots;
    larger.lengths = cache.lengths;
    larger.longest = cache.longest;
    return larger;
}

void takeIn(SlotCache& cache, const KvCache& read, const at::Tensor& to)
{
    const std::int64_t filled = read.filled();
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        cache.keys[i].narrow(2, 0, filled).index_copy_(0, to, read.keys[i].narrow(2, 0, filled));
        cache.values[i].narrow(2, 0, filled).index_copy_(0, to, read.values[i].narrow(2, 0, filled));
    }
}

at::Tensor slotAttention(const SlotCache& cache, std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const AttentionSettings& settings)
{
    const auto rows = [](const at::Tensor& x) { return x.squeeze(0).transpose(0, 1); };
    const kernels::SlotQuery query{rows(q), rows(k), rows(v), cache.keys[layer], cache.values[layer], cache.slots, cache.lengths,
                                   cache.longest, settings.scale, settings.softcap, settings.window};
    const at::Tensor mixed = kernels::slotAttention(query);
    return mixed.defined() ? mixed : attend(query);
}

} // namespace luthier::nn
