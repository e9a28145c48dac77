// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/layer_checkpoint.h"

#include "core/nn/layers/autograd_node.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/api/include/torch/autograd.h>

#include <optional>
#include <utility>

namespace luthier::nn {

namespace {

class LayerNode : public Computation {
public:
    explicit LayerNode(CheckpointedLayer layer) : m_layer(std::move(layer))
    {
        for (at::Tensor& input : m_layer.inputs) {
            m_wanted.push_back(input.defined() && input.requires_grad());
            input = input.defined() ? input.detach() : input;
        }
    }

    std::vector<at::Tensor> forward() override
    {
        std::vector<at::Tensor> outputs{m_layer.run(m_layer.inputs, false)};
        m_kept = m_layer.shelf ? m_layer.shelf->put(m_layer.inputs.front()) : nullptr;
        if (m_kept) {
            m_layer.inputs.front().reset();
        }
        return outputs;
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        if (m_kept) {
            m_layer.inputs.front() = m_layer.shelf->take(std::exchange(m_kept, nullptr));
        }
        const c10::AutoGradMode recording(true);
        std::vector<at::Tensor> inputs;
        std::vector<at::Tensor> sources;        // of gradients
        std::vector<std::size_t> places;        // of these among inputs and leaves
        for (std::size_t i = 0; i < m_layer.inputs.size(); ++i) {
            inputs.push_back(m_layer.inputs[i].defined() ? m_layer.inputs[i].detach() : at::Tensor());
            if (m_wanted[i]) {
                inputs.back().requires_grad_(true);
                sources.push_back(inputs.back());
                places.push_back(i);
            }
        }
        for (std::size_t i = 0; i < m_layer.leaves.size(); ++i) {
            if (m_layer.leaves[i].defined() && m_layer.leaves[i].requires_grad()) {
                sources.push_back(m_layer.leaves[i]);
                places.push_back(inputs.size() + i);
            }
        }
        const at::Tensor output = m_layer.run(inputs, true);
        auto found = torch::autograd::grad({output}, sources, {grads[0]}, std::nullopt, /*create_graph=*/false,
                                           /*allow_unused=*/true);
        std::vector<at::Tensor> result(inputs.size() + m_layer.leaves.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            result[places[i]] = std::move(found[i]);
        }
        return result;
    }

private:
    CheckpointedLayer m_layer;
    std::vector<bool> m_wanted; // gradients of inputs
    std::shared_ptr<kernels::Shelf::Kept> m_kept; // the first of them
};

void append(std::vector<at::Tensor>& all, const std::vector<at::Tensor>& more)
{
    all.insert(all.end(), more.begin(), more.end());
}

} // namespace

at::Tensor checkpointed(CheckpointedLayer layer)
{
    std::vector<at::Tensor> inputs = layer.inputs;
    append(inputs, layer.leaves);
    return record(std::make_unique<LayerNode>(std::move(layer)), inputs)[0];
}

void addLeaves(const ActiveLayer& layer, CheckpointedLayer& checkpoint)
{
    for (const ActiveLinear* linear : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
        append(checkpoint.leaves, leavesOf(*linear));
    }
    for (const Norm* norm : {&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.attentionNorm, &layer.mlpNorm,
                             &layer.outputNorm}) {
        append(checkpoint.leaves, leavesOf(*norm));
    }
    for (const Bottleneck* own : {&layer.afterAttention, &layer.afterMlp}) {
        if (own->exists()) {
            append(checkpoint.leaves, {own->downWeight, own->downBias, own->upWeight, own->upBias});
        }
    }
}

} // namespace luthier::nn
