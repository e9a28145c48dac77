// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the tensors of a Decoder, not filled.
#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/quant/weight_memory.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

namespace luthier::nn {

struct Decoder::Maker {
    at::TensorOptions options;
    std::optional<quant::Quantisation> quantisation = {};
    std::shared_ptr<WeightBuffer> buffer = {};
    std::optional<at::Device> projections = {}; // where they are made, if not with the rest

    at::Tensor operator()(std::vector<std::int64_t> shape) const { return quant::emptyWeights(shape, options); }

    Norm norm(const DecoderConfig& config, const std::string& name, std::int64_t size) const
    {
        Norm norm{config.norm, config.normEps, {}, {}};
        if (!name.empty()) {
            norm.weight = (*this)({size});
            norm.bias = config.norm == NormKind::Layer ? (*this)({size}) : at::Tensor();
        }
        return norm;
    }

    LinearGroup linear(std::string path, const std::vector<std::string>& names, const std::vector<std::int64_t>& sizes,
                       std::int64_t inputs, bool bias) const
    {
        LinearGroup group;
        group.path = std::move(path);
        std::int64_t outputs = 0;
        for (const std::int64_t size : sizes) {
            outputs += size;
        }
        // A fused matrix is one slice, however many projections it holds.
        for (std::size_t i = 0, first = 0; i < names.size(); ++i) {
            const std::int64_t size = names.size() == 1 ? outputs : sizes[i];
            group.slices.push_back({names[i], static_cast<std::int64_t>(first), size});
            first += static_cast<std::size_t>(size);
        }
        if (quantisation) {
            quantise(group, inputs);
        } else {
            group.weight = quant::emptyWeights({outputs, inputs}, options.device(ofProjections()));
        }
        group.bias = bias ? (*this)({outputs}) : at::Tensor();
        return group;
    }

private:
    at::Device ofProjections() const { return projections.value_or(options.device()); }

    void quantise(LinearGroup& group, std::int64_t inputs) const
    {
        for (const LinearSlice& slice : group.slices) {
            group.quantised.push_back(
                quant::emptyWeight(quantisation->kind, quantisation->nested, slice.size, inputs, ofProjections()));
        }
        group.buffer = buffer;
        if (const std::int64_t needed = group.numbersAtOnce(); !buffer->memory.defined() || buffer->memory.numel() < needed) {
            buffer->memory = (*this)({needed});
        }
    }
};

void Decoder::build(const std::optional<quant::Quantisation>& quantisation)
{
    const at::NoGradGuard noGrad;
    const Maker make{at::TensorOptions().device(m_device).dtype(m_dtype), quantisation, std::make_shared<WeightBuffer>(),
                     m_shards ? std::optional(at::Device(at::kMeta)) : std::nullopt};
    m_embedding = make({m_config.vocab, m_config.hidden});
    m_head = m_config.tiedHead ? m_embedding : make({m_config.vocab, m_config.hidden});
    if (m_config.scores > 0) {
        m_scoreHead = {at::empty({m_config.scores, m_config.hidden}, at::TensorOptions().device(m_device).dtype(at::kFloat)), m_config.labels};
    }
    if (m_config.layout == WeightLayout::Gpt2) {
        m_positions = make({m_config.maxPositions, m_config.hidden});
    }
    m_layers.resize(static_cast<std::size_t>(m_config.layers));
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        buildLayer(make, m_layers[i], static_cast<std::int64_t>(i));
    }
    for (std::size_t index = 0; LinearGroup* group : groups()) {
        group->index = index++;
    }
    m_norm = make.norm(m_config, weightNames(m_config).finalNorm, m_config.hidden);
    m_rope = Rope(m_config.rope, m_config.rotaryDim, m_config.maxPositions, m_device);
    if (m_config.hasLocalRope) {
        m_localRope = Rope(m_config.localRope, m_config.rotaryDim, m_config.maxPositions, m_device);
    }
}

void Decoder::buildLayer(const Maker& make, Layer& layer, std::int64_t index)
{
    const WeightNames names = weightNames(m_config);
    const std::string path = names.layers + std::to_string(index) + ".";
    const std::int64_t queries = m_config.heads * m_config.headDim;
    const std::int64_t keys = m_config.kvHeads * m_config.headDim;
    const std::int64_t hidden = m_config.hidden;
    const std::int64_t wide = m_config.intermediate;
    layer.qkv = make.linear(path + names.attention, names.qkv, {queries, keys, keys}, hidden, m_config.attentionBias);
    layer.output = make.linear(path + names.attention, {names.output}, {hidden}, queries, m_config.outputBias);
    layer.gateUp = make.linear(path + names.mlp, names.gateUp,
                               m_config.isGated() ? std::vector{wide, wide} : std::vector{wide}, hidden, m_config.mlpBias);
    layer.down = make.linear(path + names.mlp, {names.down}, {hidden}, wide, m_config.mlpBias);
    layer.inputNorm = make.norm(m_config, names.inputNorm, hidden);
    layer.attentionNorm = make.norm(m_config, names.attentionNorm, hidden);
    layer.mlpNorm = make.norm(m_config, names.mlpNorm, hidden);
    layer.outputNorm = make.norm(m_config, names.outputNorm, hidden);
    if (m_config.queryKeyNorm != QueryKeyNorm::None) {
        const bool perHead = m_config.queryKeyNorm == QueryKeyNorm::Head;
        layer.queryNorm = make.norm(m_config, names.queryNorm, perHead ? m_config.headDim : queries);
        layer.keyNorm = make.norm(m_config, names.keyNorm, perHead ? m_config.headDim : keys);
    }
}

KvCache Decoder::makeCache(std::int64_t rows, std::int64_t capacity, const Pass& pass) const
{
    KvCache cache;
    capacity += adaptersOf(pass).extras().virtualTokens();
    const auto options = at::TensorOptions().device(m_device).dtype(m_dtype);
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        cache.keys.push_back(at::empty({rows, m_config.kvHeads, capacity, m_config.headDim}, options));
        cache.values.push_back(at::empty({rows, m_config.kvHeads, capacity, m_config.headDim}, options));
    }
    return cache;
}

} // namespace luthier::nn
