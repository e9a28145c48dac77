// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/decoder.h"

#include "core/nn/layers/attention.h"
#include "core/nn/batch/slot_cache.h"
#include "core/nn/layers/blocks.h"
#include "core/nn/decoder_reading.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/layers/embedding_noise.h"
#include "core/nn/layer_shards.h"
#include "core/nn/layers/layer_checkpoint.h"
#include "core/nn/row/walker.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/util/Exception.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace luthier::nn {

Decoder::Decoder(const DecoderConfig& config, at::Device device, at::ScalarType dtype,
                 std::optional<quant::Quantisation> quantisation, std::shared_ptr<LayerShards> shards)
    : m_config(config), m_device(device), m_dtype(dtype), m_shards(std::move(shards))
{
    if (m_config.family.empty() || m_config.family == "llama") {
        // Configurations made in code may leave it out; no llama model has learned positions.
        m_config.rotaryDim = m_config.rotaryDim > 0 ? m_config.rotaryDim : m_config.headDim;
    }
    build(quantisation);
}

Decoder::~Decoder() = default;

void Decoder::awaitOthers() const
{
    if (m_shards) {
        m_shards->finish();
    }
}

// Positions of packed rows, each segment's behind those it goes on from. On the CPU first: the lengths are known there.
at::Tensor Decoder::packedPositions(const Reading& reading) const
{
    if (reading.packing.exists()) {
        return reading.packing.positions;
    }
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < reading.segments.size(); ++i) {
        parts.push_back(at::arange(reading.before(i), reading.before(i) + reading.segments[i], at::kLong));
    }
    return at::cat(parts).to(m_device, true);
}

Decoder::Reading Decoder::readingOf(const ForwardInput& input) const
{
    Reading reading{input.pass, input.ids.size(0), input.ids.size(1), 0, input.segments, input.cache, slotsOf(input.cache)};
    if (reading.slots) {
        return reading;
    }
    if (input.cache && input.cache->length > 0) {
        reading.first = input.cache->filled();
        return reading;
    }
    reading.fronts = input.fronts;
    reading.packing = input.packing;
    if (reading.packing.exists() && m_device.is_cpu()) {
        reading.segments = segmentsOf(reading.packing);
    }
    const Extras& extras = adaptersOf(input.pass).extras();
    const std::int64_t virtualTokens = extras.virtualTokens();
    if (extras.prompt.defined()) {
        reading.readsPrompt = true;
        reading.tokens += input.segments.empty() ? virtualTokens : 0;
        for (std::size_t i = 0; i < reading.segments.size(); ++i) {
            const std::int64_t added = input.goesOn(i) ? 0 : virtualTokens;
            reading.segments[i] += added;
            reading.tokens += added;
        }
    } else if (extras.prefix.exists()) {
        reading.first = virtualTokens;
        reading.readsPrefix = true;
    }
    return reading;
}

// h [B * T, d] -> the prompt in front of each row or segment.
at::Tensor Decoder::withPrompt(const at::Tensor& h, const ForwardInput& input)
{
    const at::Tensor prompt = adaptersOf(input.pass).extras().prompt.to(m_dtype);
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    const auto lengths = input.segments.empty()
                             ? std::vector<std::int64_t>(static_cast<std::size_t>(input.ids.size(0)), input.ids.size(1))
                             : input.segments;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (!input.goesOn(i)) {
            parts.push_back(prompt);
        }
        parts.push_back(h.narrow(0, first, lengths[i]));
        first += lengths[i];
    }
    return at::cat(parts);
}

at::Tensor Decoder::withoutPrompt(const at::Tensor& h, const ForwardInput& input)
{
    const std::int64_t virtualTokens = adaptersOf(input.pass).extras().prompt.size(0);
    if (input.segments.empty()) {
        return h.unflatten(0, {input.ids.size(0), -1}).narrow(1, virtualTokens, input.ids.size(1)).flatten(0, 1);
    }
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < input.segments.size(); ++i) {
        first += input.goesOn(i) ? 0 : virtualTokens;
        parts.push_back(h.narrow(0, first, input.segments[i]));
        first += input.segments[i];
    }
    return at::cat(parts);
}

at::Tensor Decoder::embed(const ForwardInput& input, const Reading& reading)
{
    const PassAdapters adapters = adaptersOf(input.pass);
    at::Tensor h = embeddedBy(adapters.extras().embedding, adapters.now(m_embedding), input.ids.flatten());
    if (m_config.embeddingScale != 1) {
        h = h * at::scalar_tensor(m_config.embeddingScale, at::TensorOptions().dtype(m_dtype)).item<double>();
    }
    h = withEmbeddingNoise(h, input.pass, input.ids.size(1));
    if (reading.readsPrompt) {
        h = withPrompt(h, input);
    }
    if (m_positions.defined()) {
        TORCH_CHECK(reading.longest() <= m_positions.size(0), "the model knows ", m_positions.size(0),
                    " positions, and the text with its virtual tokens needs ", reading.longest());
        const at::Tensor positions
            = reading.slots ? reading.slots->lengths
              : reading.segments.empty()
                  ? at::arange(reading.first, reading.first + reading.tokens, input.ids.options()).repeat({reading.rows})
                  : packedPositions(reading);
        h = h + at::embedding(adapters.now(m_positions), positions);
    }
    return h;
}

RopeTables Decoder::tablesFor(const Reading& reading, bool local)
{
    if (m_config.rotaryDim == 0) {
        return {};
    }
    if (reading.slots) {
        return (local ? reading.slots->localTables : reading.slots->tables).at(reading.slots->lengths);
    }
    Rope& rope = local ? m_localRope : m_rope;
    if (reading.segments.empty()) {
        return rope.rows(reading.first, reading.tokens);
    }
    return rope.at(packedPositions(reading), reading.longest());
}

at::Tensor Decoder::attend(Heads& heads, std::size_t index, const Reading& reading)
{
    const AttentionSettings settings{m_config.scaleOf(static_cast<std::int64_t>(index)), m_config.attentionSoftcap,
                                     m_config.windowOf(static_cast<std::int64_t>(index)), reading.segments, reading.borders, reading.fronts,
                                     reading.packing.longest};
    if (reading.slots) {
        return slotAttention(*reading.slots, index, heads.q, heads.k, heads.v, settings);
    }
    const auto layer = static_cast<std::int64_t>(index);
    at::Tensor prefixK;
    at::Tensor prefixV;
    if (reading.prefix.defined()) {
        prefixK = reading.prefix.select(1, 2 * layer);
        prefixV = reading.prefix.select(1, 2 * layer + 1);
    }
    if (!reading.cache) {
        return prefixK.defined() ? prefixedAttention(heads.q, heads.k, heads.v, prefixK, prefixV, settings)
                                 : attention(heads.q, heads.k, heads.v, settings);
    }
    const at::Tensor& keys = reading.cache->keys[index];
    const at::Tensor& values = reading.cache->values[index];
    if (prefixK.defined()) {
        keys.narrow(2, 0, prefixK.size(0)).copy_(prefixK.transpose(0, 1).unsqueeze(0));
        values.narrow(2, 0, prefixV.size(0)).copy_(prefixV.transpose(0, 1).unsqueeze(0));
    }
    keys.narrow(2, reading.first, reading.tokens).copy_(heads.k);
    values.narrow(2, reading.first, reading.tokens).copy_(heads.v);
    const std::int64_t filled = reading.first + reading.tokens;
    return attention(heads.q, keys.narrow(2, 0, filled), values.narrow(2, 0, filled), settings);
}

at::Tensor Decoder::through(const ActiveLayer& layer, std::size_t index, const at::Tensor& h, const Reading& reading,
                            const RopeTables& tables)
{
    if (m_shards) {
        m_shards->enter(index, reading.again ? LayerShards::Way::Backward : LayerShards::Way::Forward);
    }
    Heads heads = attentionInput({layer.inputNorm, layer.qkv, m_config.queryKeyNorm, layer.queryNorm, layer.keyNorm,
                                  {reading.rows, reading.tokens, m_config.heads, m_config.kvHeads, m_config.headDim}, tables},
                                 h);
    const at::Tensor mixed = attend(heads, index, reading);
    at::Tensor middle;
    if (layer.afterAttention.exists()) {
        middle = behindBranch(layer.afterAttention, branchOutput({layer.output, layer.attentionNorm}, mixed, {}), heads.residual);
    } else {
        middle = branchOutput({layer.output, layer.attentionNorm}, mixed, heads.residual);
    }
    const bool behind = layer.afterMlp.exists();
    const at::Tensor out = mlp({layer.mlpNorm, layer.gateUp, layer.down, layer.outputNorm, m_config.activation, !behind,
                                behind || !reading.again},
                               middle);
    return behind ? behindBranch(layer.afterMlp, out, middle) : out;
}

at::Tensor Decoder::throughAgain(std::shared_ptr<const ActiveLayer> layer, std::size_t index, const at::Tensor& h,
                                 const Reading& reading, const RopeTables& tables)
{
    CheckpointedLayer checkpoint;
    checkpoint.inputs = {h, reading.prefix};
    checkpoint.shelf = kernels::isShelved(index) ? reading.shelf : nullptr;
    addLeaves(*layer, checkpoint);
    checkpoint.run = [this, layer = std::move(layer), index, reading, tables](const std::vector<at::Tensor>& inputs, bool again) {
        Reading own = reading;
        own.prefix = inputs[1];
        own.again = again;
        return through(*layer, index, inputs[0], own, tables);
    };
    return checkpointed(std::move(checkpoint));
}

// One token of an answer. Undefined: a part needs the layers' own operators.
at::Tensor Decoder::throughAsRow(const at::Tensor& h, const Reading& reading, const RopeTables& tables,
                                 const RopeTables& local)
{
    const bool alone = !m_shards && reading.cache && !reading.slots && reading.rows == 1 && reading.tokens == 1 && !reading.prefix.defined()
                       && !reading.pass.baseOnly.defined();
    const PassAdapters adapters = adaptersOf(reading.pass);
    const bool bottlenecks = !adapters.extras().afterAttention.empty() || !adapters.extras().afterMlp.empty();
    if (!alone || bottlenecks || c10::GradMode::is_enabled() || !kernels::isFused()) {
        return {};
    }
    const auto plan = row::planRow(m_config, m_layers, adapters, *reading.cache, tables, local);
    if (!plan) {
        return {};
    }
    m_walker = m_walker ? std::move(m_walker) : row::makeWalker(m_device);
    if (!m_walker || !m_walker->fits(*plan)) {
        return {};
    }
    at::Tensor out = at::empty(h.sizes(), h.options().dtype(at::kFloat)).copy_(h);
    m_walker->run(*plan, out);
    return out.to(m_dtype);
}

at::Tensor Decoder::hidden(const ForwardInput& input)
{
    Reading reading = readingOf(input);
    const PassAdapters adapters = adaptersOf(input.pass);
    if (reading.readsPrefix) {
        const Prefix& prefix = adapters.extras().prefix;
        reading.prefix = prefix.evaluated().to(m_dtype).view({prefix.tokens(), 2 * m_config.layers, m_config.kvHeads, m_config.headDim});
    }
    if (input.cache && (reading.readsPrompt || reading.readsPrefix)) {
        input.cache->front = adapters.extras().virtualTokens();
    }
    if (reading.packing.exists()) {
        reading.borders = reading.packing.borders;
    } else if (reading.segments.size() > 1 && !m_device.is_cpu()) {
        reading.borders = bordersOf(reading.segments, m_device);
    }
    at::Tensor h = embed(input, reading);
    const RopeTables tables = tablesFor(reading, false);
    const RopeTables local = m_config.hasLocalRope ? tablesFor(reading, true) : tables;
    // What a split layer is made of is gone behind it, in whatever pass.
    const bool isAsked = m_shards || (m_checkpointing && input.pass.training);
    const bool again = isAsked && !input.cache && c10::GradMode::is_enabled();
    const auto layers = static_cast<std::int64_t>(m_layers.size());
    const std::int64_t twice = m_checkpointedLayers == 0 ? layers : std::min(m_checkpointedLayers, layers);
    const std::int64_t inputs = twice * h.numel() * static_cast<std::int64_t>(h.element_size());
    if (again && !m_shards && kernels::areShelved(inputs) && kernels::Shelf::isFor(m_device)) {
        reading.shelf = std::make_shared<kernels::Shelf>(m_device);
    }
    const at::Tensor row = throughAsRow(h, reading, tables, local);
    const auto numbers = row.defined() ? std::vector<LinearNumbers>() : adapterNumbers(input.pass);
    for (std::size_t i = 0; i < m_layers.size() && !row.defined(); ++i) {
        const RopeTables& own = m_config.windowOf(static_cast<std::int64_t>(i)) > 0 ? local : tables;
        const bool isChosen = m_shards || m_checkpointedLayers == 0 || static_cast<std::int64_t>(i) < m_checkpointedLayers;
        h = again && isChosen ? throughAgain(std::make_shared<const ActiveLayer>(active(i, input.pass, numbers)), i, h, reading, own)
                  : through(active(i, input.pass, numbers), i, h, reading, own);
    }
    h = row.defined() ? row : h;
    if (input.cache && !reading.slots) {
        input.cache->length += input.ids.size(1);
    }
    if (reading.readsPrompt) {
        h = withoutPrompt(h, input);
    }
    return normalise(adapters.now(m_norm), h).view({input.ids.size(0), input.ids.size(1), m_config.hidden});
}

at::Tensor Decoder::logits(const at::Tensor& hidden, const Pass& pass) const
{
    const PassAdapters adapters = adaptersOf(pass);
    const at::Tensor weight = adapters.now(m_head);
    at::Tensor raw;
    if (hidden.numel() == m_config.hidden && !hidden.requires_grad()) {
        raw = kernels::rowProduct(hidden.reshape({1, m_config.hidden}), weight);
    }
    if (raw.defined()) {
        auto shape = hidden.sizes().vec();
        shape.back() = weight.size(0);
        raw = raw.view(shape);
    } else {
        raw = at::matmul(hidden, weight.t()).to(at::kFloat);
    }
    raw = withUpdate(adapters.extras().head, weight, raw, hidden);
    return m_config.logitSoftcap > 0 ? (raw / m_config.logitSoftcap).tanh_().mul_(m_config.logitSoftcap) : raw;
}

at::Tensor Decoder::head(const Pass& pass) const
{
    const PassAdapters adapters = adaptersOf(pass);
    return tableNow(adapters.extras().head, adapters.now(m_head));
}

} // namespace luthier::nn
