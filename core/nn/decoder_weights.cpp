// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a Decoder: named, filled at random, marked as trained, and stood in for by copies.
#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/nn/layer_shards.h"
#include "core/nn/layers/fp8_codes.h"
#include "core/nn/layers/fp8_groups.h"
#include "core/quant/weight_quantiser.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <set>

namespace luthier::nn {

namespace {

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

// Slices as views under their Hugging Face names; a quantised one has no tensor to view.
struct ViewList {
    std::vector<NamedTensor>& list;
    bool transposed;

    void tensor(const std::string& name, const at::Tensor& tensor) const { list.push_back({name, tensor.detach()}); }
    void linear(const LinearGroup& group) const
    {
        for (std::size_t i = 0; i < group.slices.size(); ++i) {
            if (!group.isQuantised()) {
                const at::Tensor weight = group.sliceWeight(i);
                tensor(group.slicePath(i) + ".weight", transposed ? weight.t() : weight);
            }
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
        if (!group.isQuantised()) {
            tensor(mergedName(group) + ".weight", group.weight);
        }
        if (group.bias.defined()) {
            tensor(mergedName(group) + ".bias", group.bias);
        }
    }
};

// Random numbers, the same whether a projection is quantised or not.
struct RandomFill {
    const DecoderConfig& config;
    at::Generator& generator;
    at::Device device;
    at::ScalarType dtype;
    LayerShards* shards = nullptr;

    void tensor(const std::string& name, at::Tensor& tensor) const
    {
        if (tensor.dim() > 1) {
            tensor.normal_(0, config.initializerRange, generator);
        } else {
            tensor.fill_(name.ends_with(".bias") || config.norm == NormKind::RmsPlusOne ? 0 : 1);
        }
    }
    void linear(LinearGroup& group) const
    {
        if (shards) {
            shards->makeRoom(group);
        }
        at::Tensor numbers = group.isQuantised()
                                 ? at::empty({group.outputs(), group.inputs()}, at::TensorOptions().device(device).dtype(dtype))
                                 : group.weight;
        tensor(".weight", numbers);
        for (std::size_t i = 0; i < group.quantised.size(); ++i) {
            const auto done
                = quant::quantise(numbers.narrow(0, group.slices[i].begin, group.slices[i].size), group.quantised[i]);
            TORCH_CHECK(done.ok(), "random weights cannot be quantised");
        }
        if (shards) {
            shards->split(group);
        }
        if (group.bias.defined()) {
            tensor(".bias", group.bias);
        }
    }
};

// What belongs to no projection: embeddings, norms, head.
struct LooseList : SlotList {
    void linear(LinearGroup&) const {}
};

} // namespace

void Decoder::initialise(std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    at::Generator generator = at::globalContext().defaultGenerator(m_device).clone();
    generator.set_current_seed(seed);
    show(RandomFill{m_config, generator, m_device, m_dtype, m_shards.get()}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
}

std::vector<NamedTensor> Decoder::tensors()
{
    std::vector<NamedTensor> list;
    show(ViewList{list, weightNames(m_config).transposed}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    if (m_scoreHead.exists()) {
        std::erase_if(list, [](const NamedTensor& tensor) { return tensor.name == "lm_head.weight"; });
        list.push_back({"score.weight", m_scoreHead.weight.detach()});
    }
    return list;
}

std::vector<NamedTensor> Decoder::baseLeaves()
{
    std::vector<std::pair<std::string, at::Tensor*>> slots;
    std::vector<NamedTensor> list;
    show(SlotList{slots}, m_config, m_layers, m_embedding, m_positions, m_norm, m_head);
    for (const auto& [name, slot] : slots) {
        list.push_back({name, *slot});
    }
    return list;
}

std::vector<LinearGroup*> Decoder::groups()
{
    std::vector<LinearGroup*> all;
    for (Layer& layer : m_layers) {
        all.insert(all.end(), {&layer.qkv, &layer.output, &layer.gateUp, &layer.down});
    }
    return all;
}

bool Decoder::isQuantised()
{
    const auto all = groups();
    return std::any_of(all.begin(), all.end(), [](const LinearGroup* group) { return group->isQuantised(); });
}

void Decoder::dequantise()
{
    const at::NoGradGuard noGrad;
    for (LinearGroup* group : groups()) {
        group->dequantise();
    }
}

Result<void> Decoder::multiplyInFp8()
{
    if (auto known = checkFp8(m_device); !known) {
        return known;
    }
    if (m_dtype != at::kBFloat16) {
        return Error{"products in 8-bit floats give bf16: choose dtype bf16, or leave model.frozen_dtype to auto"};
    }
    const at::NoGradGuard noGrad;
    if (m_shards) {
        m_shards->makeFp8();
    }
    for (LinearGroup* group : groups()) {
        if (unpacksToFp8(*group)) {
            if (m_shards) {
                m_shards->enter(group->index / LayerShards::kGroups, LayerShards::Way::Forward);
            }
            prepareFp8Codes(*group);
        } else if (!m_shards && takesFp8(*group)) {
            group->fp8 = fp8WeightOf(group->weight);
        }
    }
    if (m_shards) {
        m_shards->finish();
    }
    return {};
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
    m_replacements.push_back({name, copy, slot});
    return copy;
}

void Decoder::untie()
{
    if (m_config.tiedHead) {
        m_head = m_embedding.detach().clone();
        m_config.tiedHead = false;
    }
}

void Decoder::keepReplacements()
{
    const at::NoGradGuard noGrad;
    for (const Replacement& replacement : m_replacements) {
        if (replacement.slot == &m_head || replacement.slot == &m_embedding) {
            untie();
        }
    }
    for (const Replacement& replacement : m_replacements) {
        slotOf(replacement.name)->copy_(replacement.copy);
    }
    m_replacements.clear();
}

} // namespace luthier::nn
