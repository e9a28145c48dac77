// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/decoder.h"

#include "core/nn/attention.h"
#include "core/nn/blocks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace luthier::nn {

namespace {

// A text longer than its rows' own segments never looks further than the longest.
std::int64_t longestOf(const ForwardInput& input)
{
    const std::int64_t before = input.cache ? input.cache->length : 0;
    return input.segments.empty() ? before + input.ids.size(1)
                                  : *std::max_element(input.segments.begin(), input.segments.end());
}

// Positions of packed rows, restarting in each segment. On the CPU first: the lengths are known there.
at::Tensor packedPositions(const ForwardInput& input)
{
    std::vector<at::Tensor> parts;
    for (const std::int64_t length : input.segments) {
        parts.push_back(at::arange(length, at::kLong));
    }
    return at::cat(parts).to(input.ids.device(), true);
}

} // namespace

at::Tensor Decoder::embed(const ForwardInput& input)
{
    at::Tensor h = at::embedding(m_embedding, input.ids.flatten());
    if (m_config.embeddingScale != 1) {
        h = h * at::scalar_tensor(m_config.embeddingScale, at::TensorOptions().dtype(m_dtype)).item<double>();
    }
    if (m_positions.defined()) {
        const std::int64_t before = input.cache ? input.cache->length : 0;
        const at::Tensor positions
            = input.segments.empty()
                  ? at::arange(before, before + input.ids.size(1), input.ids.options()).repeat({input.ids.size(0)})
                  : packedPositions(input);
        h = h + at::embedding(m_positions, positions);
    }
    return h;
}

RopeTables Decoder::tablesFor(const ForwardInput& input, bool local)
{
    if (m_config.rotaryDim == 0) {
        return {};
    }
    Rope& rope = local ? m_localRope : m_rope;
    if (input.segments.empty()) {
        return rope.rows(input.cache ? input.cache->length : 0, input.ids.size(1));
    }
    return rope.at(packedPositions(input), longestOf(input));
}

at::Tensor Decoder::through(Layer& layer, std::int64_t index, const at::Tensor& h, const ForwardInput& input,
                            const RopeTables& tables)
{
    AttentionInput in{layer.inputNorm, &layer.qkv, m_config.queryKeyNorm, layer.queryNorm, layer.keyNorm,
                      {input.ids.size(0), input.ids.size(1), m_config.heads, m_config.kvHeads, m_config.headDim},
                      tables};
    Heads heads = attentionInput(in, h);
    if (input.cache) {
        const auto i = static_cast<std::size_t>(index);
        const std::int64_t before = input.cache->length;
        const std::int64_t now = input.ids.size(1);
        input.cache->keys[i].narrow(2, before, now).copy_(heads.k);
        input.cache->values[i].narrow(2, before, now).copy_(heads.v);
        heads.k = input.cache->keys[i].narrow(2, 0, before + now);
        heads.v = input.cache->values[i].narrow(2, 0, before + now);
    }
    const double scale = m_config.attentionScale > 0 ? m_config.attentionScale
                                                     : 1 / std::sqrt(static_cast<double>(m_config.headDim));
    const at::Tensor mixed = attention(heads.q, heads.k, heads.v,
                                       {scale, m_config.attentionSoftcap, m_config.windowOf(index), input.segments});
    const at::Tensor middle = branchOutput({&layer.output, layer.attentionNorm}, mixed, heads.residual);
    return mlp({layer.mlpNorm, &layer.gateUp, &layer.down, layer.outputNorm, m_config.activation}, middle);
}

at::Tensor Decoder::hidden(const ForwardInput& input)
{
    at::Tensor h = embed(input);
    const RopeTables tables = tablesFor(input, false);
    const RopeTables local = m_config.hasLocalRope ? tablesFor(input, true) : tables;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        h = through(m_layers[i], index, h, input, m_config.windowOf(index) > 0 ? local : tables);
    }
    if (input.cache) {
        input.cache->length += input.ids.size(1);
    }
    return normalise(m_norm, h).view({input.ids.size(0), input.ids.size(1), m_config.hidden});
}

at::Tensor Decoder::logits(const at::Tensor& hidden)
{
    const at::Tensor raw = at::matmul(hidden, m_head.t()).to(at::kFloat);
    return m_config.logitSoftcap > 0 ? (raw / m_config.logitSoftcap).tanh_().mul_(m_config.logitSoftcap) : raw;
}

const at::Tensor& Decoder::head() const
{
    return m_head;
}

KvCache Decoder::makeCache(std::int64_t rows, std::int64_t capacity) const
{
    KvCache cache;
    const auto options = at::TensorOptions().device(m_device).dtype(m_dtype);
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        cache.keys.push_back(at::empty({rows, m_config.kvHeads, capacity, m_config.headDim}, options));
        cache.values.push_back(at::empty({rows, m_config.kvHeads, capacity, m_config.headDim}, options));
    }
    return cache;
}

std::vector<LinearGroup*> Decoder::groups()
{
    std::vector<LinearGroup*> all;
    for (Layer& layer : m_layers) {
        all.insert(all.end(), {&layer.qkv, &layer.output, &layer.gateUp, &layer.down});
    }
    return all;
}

void Decoder::setTraining(bool training)
{
    m_training = training;
    for (LinearGroup* group : groups()) {
        group->training = training;
    }
}

void Decoder::setAdaptersEnabled(bool enabled)
{
    for (LinearGroup* group : groups()) {
        group->adaptersEnabled = enabled;
    }
}

} // namespace luthier::nn
