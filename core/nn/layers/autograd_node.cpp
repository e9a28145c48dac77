// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/autograd_node.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace luthier::nn {

namespace {

class BlockNode : public torch::autograd::Node {
public:
    explicit BlockNode(std::unique_ptr<Computation> computation) : m_computation(std::move(computation)) {}

    void release_variables() override { m_computation.reset(); }

protected:
    torch::autograd::variable_list apply(torch::autograd::variable_list&& grads) override
    {
        TORCH_CHECK(m_computation, "the backward pass of this step ran already");
        const at::NoGradGuard noGrad;
        return m_computation->backward(grads);
    }

private:
    std::unique_ptr<Computation> m_computation;
};

// LibTorch counted references to nodes with std::shared_ptr until 2.12 and counts them itself since.
using NodePointer = decltype(torch::autograd::Edge::function);

template <class Pointer>
Pointer makeNode(std::unique_ptr<Computation> computation)
{
    if constexpr (std::is_same_v<Pointer, std::shared_ptr<torch::autograd::Node>>) {
        return Pointer(new BlockNode(std::move(computation)), [](auto* node) { deleteNode(node); });
    } else {
        return c10::make_intrusive<BlockNode>(std::move(computation));
    }
}

bool anyTrains(const std::vector<at::Tensor>& inputs)
{
    for (const at::Tensor& input : inputs) {
        if (input.requires_grad()) {
            return true;
        }
    }
    return false;
}

} // namespace

std::vector<at::Tensor> record(std::unique_ptr<Computation> computation, const std::vector<at::Tensor>& inputs)
{
    if (!c10::GradMode::is_enabled() || !anyTrains(inputs)) {
        const at::NoGradGuard noGrad;
        return computation->forward();
    }
    std::vector<at::Tensor> outputs;
    {
        const at::NoGradGuard noGrad;
        for (const at::Tensor& output : computation->forward()) {
            // Plain aliases: a view with a history of its own would be checked against later in-place writes.
            outputs.push_back(output.detach());
        }
    }
    const auto node = makeNode<NodePointer>(std::move(computation));
    node->set_next_edges(torch::autograd::collect_next_edges(inputs));
    for (const at::Tensor& output : outputs) {
        torch::autograd::set_history(output, node);
    }
    return outputs;
}

} // namespace luthier::nn
