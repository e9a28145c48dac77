// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/autograd_node.h"
#include "core/objectives/logit_blocks.h"
#include "core/objectives/token_log_probs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

namespace luthier::objectives {

namespace {

class LossSum : public nn::Computation {
public:
    LossSum(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, const at::Tensor& weights,
            const LogitSettings& settings)
        : m_hidden(hidden.detach()), m_head(head.detach()), m_targets(targets), m_weights(weights), m_settings(settings),
          m_wantHidden(hidden.requires_grad()), m_wantHead(head.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        const WantedRows wanted(m_targets);
        const at::Tensor rows = wanted.pick(m_hidden);
        const at::Tensor weights = m_weights.defined() ? wanted.pick(m_weights).contiguous() : at::Tensor();
        HeadGradients gradients(rows, m_head, m_wantHidden, m_wantHead);
        at::Tensor total = at::zeros({}, m_hidden.options().dtype(at::kFloat));
        const std::int64_t step = blockRows(m_head, m_settings.chunkRows, rows.size(0));
        for (std::int64_t first = 0; first < rows.size(0); first += step) {
            const std::int64_t count = std::min(step, rows.size(0) - first);
            const at::Tensor block = rows.narrow(0, first, count);
            const at::Tensor ofBlock = weights.defined() ? weights.narrow(0, first, count) : at::Tensor();
            const BlockLoss loss = blockLoss(block, m_head, wanted.targets.narrow(0, first, count), ofBlock, m_settings,
                                             m_wantHidden || m_wantHead);
            if (loss.gradient.defined()) {
                gradients.add(first, loss.gradient, block, m_head);
            }
            total.add_(ofBlock.defined() ? (loss.losses * ofBlock).sum() : loss.losses.sum());
        }
        m_gradHidden = m_wantHidden ? wanted.spread(gradients.ofRows) : at::Tensor();
        m_gradHead = gradients.ofHead;
        m_hidden.reset();
        m_targets.reset();
        m_weights.reset();
        return {total};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        TORCH_CHECK(!std::exchange(m_spent, true), "the gradients of this loss were given already");
        return {m_wantHidden ? m_gradHidden.mul_(grads[0]) : at::Tensor(),
                m_wantHead ? m_gradHead.mul_(grads[0]).to(m_head.scalar_type()) : at::Tensor()};
    }

private:
    at::Tensor m_hidden;
    at::Tensor m_head;
    at::Tensor m_targets;
    at::Tensor m_weights;
    LogitSettings m_settings;
    bool m_wantHidden;
    bool m_wantHead;
    bool m_spent = false;
    at::Tensor m_gradHidden;
    at::Tensor m_gradHead;
};

} // namespace

at::Tensor tokenLossSum(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                        const at::Tensor& weights, const LogitSettings& settings)
{
    checkInputs(hidden, head, targets, settings);
    TORCH_CHECK(!weights.defined()
                    || (weights.sizes() == targets.sizes() && weights.scalar_type() == at::kFloat
                        && weights.device() == hidden.device() && !weights.requires_grad()),
                "weights of losses are one fp32 number a row on the rows' device, without a gradient");
    return nn::record(std::make_unique<LossSum>(hidden, head, targets, weights, settings), {hidden, head})[0];
}

} // namespace luthier::objectives
