// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/row_plan.h"

#include <algorithm>
#include <cmath>

namespace luthier::nn::row {

namespace {

bool isKnown(const DecoderConfig& config)
{
    return config.norm != NormKind::Layer && !config.attentionByLayer && config.isGated() && config.rotaryDim > 0;
}

bool planNorm(const Norm& norm, RowNorm& row)
{
    if (!norm.exists()) {
        return true;
    }
    if (norm.kind == NormKind::Layer || norm.bias.defined() || !isPlain(norm.weight)) {
        return false;
    }
    row = {numbersOf(norm.weight), static_cast<float>(norm.eps), norm.kind == NormKind::RmsPlusOne ? 1.0f : 0.0f};
    return true;
}

bool planLinear(const LinearGroup& group, const GroupAdapters& added, RowLinear& row)
{
    const bool plain = (group.isQuantised() || (group.weight.defined() && isPlain(group.weight)))
                       && (!group.bias.defined() || isPlain(group.bias));
    if (!plain || !added.factors.empty() || !added.biases.empty()) {
        return false;
    }
    row.weight = numbersOf(group.weight);
    for (std::size_t i = 0; i < group.quantised.size(); ++i) {
        row.quantised.push_back({&group.quantised[i], group.quantised[i].codes.const_data_ptr(), group.slices[i].begin});
    }
    row.bias = numbersOf(group.bias);
    row.in = group.inputs();
    row.out = group.outputs();
    for (const LowRank& adapter : added.adapters) {
        if (adapter.magnitude.defined() || adapter.bias.defined() || !isPlain(adapter.a) || !isPlain(adapter.b)) {
            return false;
        }
        const LinearSlice& slice = group.slices[adapter.slice];
        row.updates.push_back({numbersOf(adapter.a), numbersOf(adapter.b), adapter.a.size(0), slice.begin, slice.size,
                               static_cast<float>(adapter.scale)});
    }
    return true;
}

bool planLayer(const Layer& layer, const PassAdapters& adapters, RowLayer& row)
{
    const auto norm = [&](const Norm& base, RowNorm& to) { return planNorm(adapters.now(base), to); };
    const auto linear = [&](const LinearGroup& group, RowLinear& to) { return planLinear(group, adapters.of(group), to); };
    return norm(layer.inputNorm, row.inputNorm) && norm(layer.queryNorm, row.queryNorm) && norm(layer.keyNorm, row.keyNorm)
           && norm(layer.attentionNorm, row.attentionNorm) && norm(layer.mlpNorm, row.mlpNorm)
           && norm(layer.outputNorm, row.outputNorm) && linear(layer.qkv, row.qkv) && linear(layer.output, row.output)
           && linear(layer.gateUp, row.gateUp) && linear(layer.down, row.down);
}

} // namespace

std::int64_t RowLinear::ranks() const
{
    std::int64_t all = 0;
    for (const RowUpdate& update : updates) {
        all += update.rank;
    }
    return all;
}

std::int64_t RowPlan::largestRank() const
{
    std::int64_t rank = 1;
    for (const RowLayer& layer : layers) {
        for (const RowLinear* linear : layer.linears()) {
            for (const RowUpdate& update : linear->updates) {
                rank = std::max(rank, update.rank);
            }
        }
    }
    return rank;
}

std::optional<RowPlan> planRow(const DecoderConfig& config, const std::vector<Layer>& layers, const PassAdapters& adapters,
                               const KvCache& cache, const RopeTables& tables, const RopeTables& local)
{
    if (!isKnown(config) || layers.empty() || !isPlain(cache.keys.front()) || !isPlain(cache.values.front())) {
        return std::nullopt;
    }
    RowPlan plan;
    plan.hidden = config.hidden;
    plan.heads = config.heads;
    plan.kvHeads = config.kvHeads;
    plan.dim = config.headDim;
    plan.intermediate = config.intermediate;
    plan.half = tables.cos.size(-1);
    plan.position = cache.filled();
    plan.capacity = cache.keys.front().size(2);
    plan.scale = static_cast<float>(config.scaleOf(0));
    plan.cap = static_cast<float>(config.attentionSoftcap);
    plan.silu = config.activation == Activation::SiluGated;
    plan.wholeNorm = config.queryKeyNorm == QueryKeyNorm::Whole;
    plan.layers.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        RowLayer& row = plan.layers[i];
        if (!planLayer(layers[i], adapters, row)) {
            return std::nullopt;
        }
        const std::int64_t window = config.windowOf(static_cast<std::int64_t>(i));
        const RopeTables& turn = window > 0 ? local : tables;
        row.window = window;
        row.keys = numbersOf(cache.keys[i]);
        row.values = numbersOf(cache.values[i]);
        row.cos = turn.cos.const_data_ptr<float>() - plan.position * plan.half;
        row.sin = turn.sin.const_data_ptr<float>() - plan.position * plan.half;
    }
    return plan;
}

} // namespace luthier::nn::row
