// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/low_rank.h"
#include "core/nn/kernels/plain/plain_rows.h"
#include "core/nn/layers/activation.h"
#include "core/nn/layers/autograd_node.h"
#include "core/nn/layers/blocks.h"

#include <ATen/ops/empty.h>

namespace luthier::nn {

namespace {

class MlpNode : public Computation {
public:
    MlpNode(Mlp block, const at::Tensor& h) : m_block(std::move(block)), m_h(h.detach()), m_wantInput(h.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        Fp8Rows rows;
        const at::Tensor x = input(wantsFp8(m_block.gateUp, m_h.size(0), rows));
        kernels::LowTerms apart;
        m_hidden = linearForward(m_block.gateUp, x, &m_savedUp, rows, readsApart() ? &apart : nullptr);
        m_apart = !apart.empty();
        Fp8Rows productRows;
        const at::Tensor product = m_apart ? activateApart(apart)
                                           : activate(m_block.activation, m_hidden, wantsFp8(m_block.down, m_h.size(0), productRows));
        if (!m_block.outputWanted && !m_block.after.exists() && linearSavedOnly(m_block.down, product, m_savedDown)) {
            return {at::empty({1, 1}, m_h.options()).expand(m_h.sizes())};
        }
        kernels::LowTerms apartDown;
        at::Tensor y = linearForward(m_block.down, product, &m_savedDown, productRows, m_block.after.exists() ? nullptr : &apartDown);
        const at::Tensor residual = m_block.residual ? m_h : at::Tensor();
        if (!apartDown.empty()) {
            kernels::addLow(y, apartDown.front(), residual);
            return {y};
        }
        if (!m_block.after.exists()) {
            return {residual.defined() ? y.add_(residual) : y};
        }
        m_y = y;
        const at::Tensor normed = normForward(m_block.after, y);
        return {m_block.residual ? normed.add_(m_h) : normed};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        std::vector<at::Tensor> afterGrads;
        const at::Tensor dy
            = m_block.after.exists() ? normBackward(m_block.after, m_y, grads[0], afterGrads) : grads[0];
        kernels::Lanes lanes(dy);
        std::vector<at::Tensor> downGrads;
        const Fp8Rows dyRows = m_block.after.exists() ? Fp8Rows() : takeFp8Rows(dy);
        Fp8Rows rows;
        const at::Tensor dx = throughActivation(dy, dyRows, downGrads, rows, lanes);
        const bool normTrains = m_block.norm.exists() && m_block.norm.weight.requires_grad();
        std::vector<at::Tensor> upGrads;
        const auto x = [&] { return needsInput(m_block.gateUp) ? input() : m_h; };
        const at::Tensor dIn = linearBackward(m_block.gateUp, x, dx, m_savedUp, m_wantInput || normTrains, upGrads, lanes, rows);
        std::vector<at::Tensor> result{at::Tensor()};
        if (dIn.defined()) {
            const at::Tensor add = m_wantInput && m_block.residual ? grads[0] : at::Tensor();
            Fp8Rows below;
            const at::Tensor dh = m_block.norm.exists() ? normBackward(m_block.norm, m_h, dIn, result, add, wantsFp8(m_block.gateUp, m_h.size(0), below))
                                  : add.defined()       ? dIn.add_(add)
                                                        : dIn;
            if (below.exists()) {
                leaveFp8Rows(dh, below);
            }
            result[0] = m_wantInput ? dh : at::Tensor();
        } else {
            result.resize(1 + leavesOf(m_block.norm).size());
        }
        for (const auto* part : {&upGrads, &downGrads, &afterGrads}) {
            result.insert(result.end(), part->begin(), part->end());
        }
        return result;
    }

private:
    at::Tensor input(Fp8Rows* rows = nullptr) const { return m_block.norm.exists() ? normForward(m_block.norm, m_h, rows) : m_h; }

    bool isSilu() const { return m_block.activation == Activation::SiluGated; }
    bool isGated() const { return m_block.activation != Activation::GeluTanh; }

    // Whether the updates of gate and up, or of the one there is, are added where they are read. Codes in 8 bits are
    // made of what was made so, in a pass of their own (gates; of gelu nobody has measured it).
    bool readsApart() const
    {
        const bool isFp8 = m_block.gateUp.base->multipliesFp8(m_h.size(0)) || m_block.down.base->multipliesFp8(m_h.size(0));
        const std::size_t slices = isGated() ? 2 : 1; // some families have gate and up as one
        const auto count = static_cast<std::int64_t>(slices);
        return (isGated() || !isFp8) && m_block.gateUp.base->slices.size() == slices && m_block.gateUp.base->outputs() % (count * kernels::kLowColumns) == 0;
    }

    // activate() of m_hidden with the updates that it lacks, and the gradients of both.
    at::Tensor activateApart(const kernels::LowTerms& apart) const
    {
        return isGated() ? kernels::gatedForwardLow(isSilu(), m_hidden, apart) : kernels::geluForwardLow(m_hidden, apart.front());
    }
    kernels::GatedGradients gradientsApart(const at::Tensor& dProduct, const kernels::LowTerms& apart, const kernels::LowBelow& below = {}) const
    {
        return isGated() ? kernels::gatedBackwardLow(isSilu(), m_hidden, dProduct, apart, below)
                         : kernels::geluBackwardLow(m_hidden, dProduct, apart.front(), below);
    }

    // The same with the updates of gate and up that m_hidden lacks, and those of the product's gradient, in one reading of it.
    at::Tensor throughApart(const at::Tensor& dy, const Fp8Rows& dyRows, std::vector<at::Tensor>& downGrads, kernels::Lanes& lanes)
    {
        const kernels::LowTerms apart = lowTermsOf(m_block.gateUp, m_savedUp);
        if (const auto half = linearBackwardHalf(m_block.down, dy, m_savedDown, lanes, dyRows)) {
            const kernels::GatedGradients grads = gradientsApart(half->dx, apart, half->below);
            linearBackwardRest(m_block.down, grads.product, *half, downGrads, lanes);
            return grads.x;
        }
        const auto product = [&] { return needsInput(m_block.down) ? activateApart(apart) : at::Tensor(); };
        const at::Tensor dProduct = linearBackward(m_block.down, product, dy, m_savedDown, true, downGrads, lanes, dyRows);
        return gradientsApart(dProduct, apart).x;
    }

    // Gradient of gate and up. The product in between is rebuilt only when a weight behind it trains.
    at::Tensor throughActivation(const at::Tensor& dy, const Fp8Rows& dyRows, std::vector<at::Tensor>& downGrads, Fp8Rows& rows, kernels::Lanes& lanes)
    {
        if (m_apart) {
            return throughApart(dy, dyRows, downGrads, lanes);
        }
        const auto product = [&] { return needsInput(m_block.down) ? activate(m_block.activation, m_hidden) : at::Tensor(); };
        const at::Tensor dProduct = linearBackward(m_block.down, product, dy, m_savedDown, true, downGrads, lanes, dyRows);
        return activateBackward(m_block.activation, m_hidden, dProduct, wantsFp8(m_block.gateUp, m_h.size(0), rows));
    }

    Mlp m_block;
    at::Tensor m_h;
    bool m_wantInput;
    LinearSaved m_savedUp;
    LinearSaved m_savedDown;
    at::Tensor m_hidden; // gate and up
    bool m_apart = false; // m_hidden lacks its low-rank updates
    at::Tensor m_y;      // before the norm behind the branch
};

} // namespace

at::Tensor mlp(Mlp block, const at::Tensor& h)
{
    std::vector<at::Tensor> inputs{h};
    for (const auto& leaves :
         {leavesOf(block.norm), leavesOf(block.gateUp), leavesOf(block.down), leavesOf(block.after)}) {
        inputs.insert(inputs.end(), leaves.begin(), leaves.end());
    }
    return record(std::make_unique<MlpNode>(std::move(block), h), inputs)[0];
}

} // namespace luthier::nn
