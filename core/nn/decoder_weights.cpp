// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a Decoder: made, named, filled at random, and marked as trained.
#include "core/nn/decoder.h"
#include "core/nn/weight_names.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <set>

namespace luthier::nn {

namespace {

struct Maker {
    at::TensorOptions options;

    at::Tensor operator()(std::vector<std::int64_t> shape) const { return at::empty(shape, options); }

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
        group.weight = (*this)({outputs, inputs});
        group.bias = bias ? (*this)({outputs}) : at::Tensor();
        return group;
    }
};

std::string mergedName(const LinearGroup& group)
{
    std::string name = group.path + ".";
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        name += (i ? "+" : "") + group.slices[i].name;
    }
    return name;
}

template <class Sink>
void showNorm(Sink& sink, const std::string& name, Norm& norm)
{
    if (norm.exists()) {
        sink.tensor(name + ".weight", norm.weight);
        if (norm.bias.defined()) {
            sink.tensor(name + ".bias", norm.bias);
        }
    }
}

// The order of tensors() and baseLeaves(): sink.tensor(name, tensor) and sink.linear(group).
template <class Sink>
void show(Sink sink, const DecoderConfig& config, std::vector<Layer>& layers, at::Tensor& embedding,
          at::Tensor& positions, Norm& finalNorm, at::Tensor& head)
{
    const WeightNames names = weightNames(config);
    sink.tensor(names.embedding + ".weight", embedding);
    if (positions.defined()) {
        sink.tensor(names.positions + ".weight", positions);
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
        Layer& layer = layers[i];
        const std::string path = names.layers + std::to_string(i) + ".";
        sink.linear(layer.qkv);
        showNorm(sink, path + names.attention + "." + names.queryNorm, layer.queryNorm);
        showNorm(sink, path + names.attention + "." + names.keyNorm, layer.keyNorm);
        sink.linear(layer.output);
        sink.linear(layer.gateUp);
        sink.linear(layer.down);
        showNorm(sink, path + names.inputNorm, layer.inputNorm);
        showNorm(sink, path + names.attentionNorm, layer.attentionNorm);
        showNorm(sink, path + names.mlpNorm, layer.mlpNorm);
        showNorm(sink, path + names.outputNorm, layer.outputNorm);
    }
    showNorm(sink, names.finalNorm, finalNorm);
    if (!config.tiedHead) {
        sink.tensor("lm_head.weight", head);
    }
}

// Slices as views under their Hugging Face names.
struct ViewList {
    std::vector<NamedTensor>& list;
    bool transposed;

    void tensor(const std::string& name, const at::Tensor& tensor) const { list.push_back({name, tensor.detach()}); }
    void linear(const LinearGroup& group) const
    {
        for (std::size_t i = 0; i < group.slices.size(); ++i) {
            const at::Tensor weight = group.sliceWeight(i);
            tensor(group.slicePath(i) + ".weight", transposed ? weight.t() : weight);
            if (group.bias.defined()) {
                tensor(group.slicePath(i) + ".bias", group.sliceBias(i));
            }
        }
    }
};

// The tensors themselves, merged as they are.
struct SlotList {
    std::vector<std::pair<std::string, at::Tensor*>>& list;

    void tensor(const std::string& name, at::Tensor& tensor) const { list.emplace_back(name, &tensor); }
    void linear(LinearGroup& group) const
    {
        tensor(mergedName(group) + ".weight", group.weight);
        if (group.bias.defined()) {
            tensor(mergedName(group) + ".bias", group.bias);
        }
    }
};

// What belongs to no projection: embeddings, norms, head.
struct LooseList : SlotList {
    void linear(LinearGroup&) const {}
};

} // namespace

Decoder::Decoder(const DecoderConfig& config, at::Device device, at::ScalarType dtype)
    : m_config(config), m_device(device), m_dtype(dtype)
{
    if (m_config.family.empty() || m_config.family == "llama") {
        // Configurations made in code may leave it out; no llama model has learned positions.
        m_config.rotaryDim = m_config.rotaryDim > 0 ? m_config.rotaryDim : m_config.headDim;
    }
    build();
}

void Decoder::build()
{
    const at::NoGradGuard noGrad;
    const Maker make{at::TensorOptions().device(m_device).dtype(m_dtype)};
    m_embedding = make({m_config.vocab, m_config.hidden});
    m_head = m_config.tiedHead ? m_embedding : make({m_config.vocab, m_config.hidden});
    if (m_config.layout == WeightLayout::Gpt2) {
        m_positions = make({m_config.maxPositions, m_config.hidden});
    }
    m_layers.resize(static_cast<std::size_t>(m_config.layers));
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        buildLayer(m_layers[i], static_cast<std::int64_t>(i));
    }
    m_norm = make.norm(m_config, weightNames(m_config).finalNorm, m_config.hidden);
    m_rope = Rope(m_config.rope, m_config.rotaryDim, m_config.maxPositions, m_device);
    if (m_config.hasLocalRope) {
        m_localRope = Rope(m_config.localRope, m_config.rotaryDim, m_config.maxPositions, m_device);
    }
}

void Decoder::buildLayer(Layer& layer, std::int64_t index)
{
    const Maker make{at::TensorOptions().device(m_device).dtype(m_dtype)};
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

void Decoder::initialise(std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    at::Generator generator = at::globalContext().defaultGenerator(m_device).clone();
    generator.set_current_seed(seed);
    for (const NamedTensor& leaf : baseLeaves()) {
        const bool isBias = leaf.name.ends_with(".bias");
        if (leaf.tensor.dim() > 1) {
            leaf.tensor.normal_(0, m_config.initializerRange, generator);
        } else {
            leaf.tensor.fill_(isBias || m_config.norm == NormKind::RmsPlusOne ? 0 : 1);
        }
    }
}

std::vector<NamedTensor> Decoder::tensors()
{
    std::vector<NamedTensor> list;
    showReplacements(false);
    show(ViewList{list, weightNames(m_config).transposed}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    showReplacements(m_adaptersEnabled);
    return list;
}

std::vector<NamedTensor> Decoder::baseLeaves()
{
    std::vector<std::pair<std::string, at::Tensor*>> slots;
    std::vector<NamedTensor> list;
    showReplacements(false);
    show(SlotList{slots}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    for (const auto& [name, slot] : slots) {
        list.push_back({name, *slot});
    }
    showReplacements(m_adaptersEnabled);
    return list;
}

void Decoder::setBaseTrainable(bool trainable)
{
    for (const NamedTensor& leaf : baseLeaves()) {
        leaf.tensor.requires_grad_(trainable);
    }
}

at::Tensor* Decoder::slotOf(const std::string& name)
{
    std::vector<std::pair<std::string, at::Tensor*>> slots;
    show(LooseList{{slots}}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    for (const auto& [known, slot] : slots) {
        if (known == name) {
            return slot;
        }
    }
    // A tied head is no tensor of its own until a copy stands in for it.
    return name == "lm_head.weight" ? &m_head : nullptr;
}

std::vector<std::string> Decoder::replaceable()
{
    std::vector<std::pair<std::string, at::Tensor*>> slots;
    std::vector<std::string> names;
    show(LooseList{{slots}}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    for (const auto& slot : slots) {
        names.push_back(slot.first);
    }
    if (m_config.tiedHead) {
        names.push_back("lm_head.weight");
    }
    return names;
}

at::Tensor Decoder::replaceableTensor(const std::string& name)
{
    const at::Tensor* slot = slotOf(name);
    return slot ? *slot : at::Tensor();
}

Result<at::Tensor> Decoder::replace(const std::string& name)
{
    at::Tensor* slot = slotOf(name);
    if (!slot) {
        return Error{"the model has no embedding, norm or head \"" + name + "\""};
    }
    const at::Tensor copy = slot->detach().clone();
    m_replacements.push_back({name, copy, *slot});
    showReplacements(m_adaptersEnabled);
    return copy;
}

void Decoder::showReplacements(bool copies)
{
    for (const Replacement& replacement : m_replacements) {
        *slotOf(replacement.name) = copies ? replacement.copy : replacement.base;
    }
}

void Decoder::keepReplacements()
{
    const at::NoGradGuard noGrad;
    for (const Replacement& replacement : m_replacements) {
        replacement.base.copy_(replacement.copy);
    }
    showReplacements(false);
    m_replacements.clear();
}

} // namespace luthier::nn
