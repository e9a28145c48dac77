// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/low_rank.h"
#include "core/nn/layers/autograd_node.h"
#include "core/nn/layers/blocks.h"

namespace luthier::nn {

namespace {

class BranchOutputNode : public Computation {
public:
    BranchOutputNode(BranchOutput block, const at::Tensor& x, const at::Tensor& residual)
        : m_block(std::move(block)), m_x(x.detach()), m_residual(residual.defined() ? residual.detach() : residual), m_wantInput(x.requires_grad()),
          m_wantResidual(residual.defined() && residual.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        kernels::LowTerms apart;
        at::Tensor y = linearForward(m_block.linear, m_x, &m_saved, {}, m_block.after.exists() ? nullptr : &apart);
        if (!needsInput(m_block.linear)) {
            m_x.reset();
        }
        const at::Tensor residual = std::move(m_residual);
        if (!apart.empty()) {
            kernels::addLow(y, apart.front(), residual);
            return {y};
        }
        if (!m_block.after.exists()) {
            return {residual.defined() ? y.add_(residual) : y};
        }
        m_y = y;
        const at::Tensor normed = normForward(m_block.after, y);
        return {residual.defined() ? normed.add_(residual) : normed};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        std::vector<at::Tensor> result{at::Tensor(), m_wantResidual ? grads[0] : at::Tensor()};
        std::vector<at::Tensor> normGrads;
        const at::Tensor dy
            = m_block.after.exists() ? normBackward(m_block.after, m_y, grads[0], normGrads) : grads[0];
        std::vector<at::Tensor> linearGrads;
        const Fp8Rows rows = m_block.after.exists() ? Fp8Rows() : takeFp8Rows(dy);
        kernels::Lanes lanes(dy);
        result[0] = linearBackward(m_block.linear, [&] { return m_x; }, dy, m_saved, m_wantInput, linearGrads, lanes, rows);
        result.insert(result.end(), linearGrads.begin(), linearGrads.end());
        result.insert(result.end(), normGrads.begin(), normGrads.end());
        return result;
    }

private:
    BranchOutput m_block;
    at::Tensor m_x;
    at::Tensor m_residual;
    bool m_wantInput;
    bool m_wantResidual;
    LinearSaved m_saved;
    at::Tensor m_y; // before the norm behind the branch
};

class NormNode : public Computation {
public:
    NormNode(Norm norm, const at::Tensor& h) : m_norm(std::move(norm)), m_h(h.detach()) {}

    std::vector<at::Tensor> forward() override { return {normForward(m_norm, m_h)}; }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        std::vector<at::Tensor> result{at::Tensor()};
        result[0] = normBackward(m_norm, m_h, grads[0], result);
        return result;
    }

private:
    Norm m_norm;
    at::Tensor m_h;
};

} // namespace

at::Tensor branchOutput(BranchOutput block, const at::Tensor& x, const at::Tensor& residual)
{
    std::vector<at::Tensor> inputs{x, residual};
    for (const auto& leaves : {leavesOf(block.linear), leavesOf(block.after)}) {
        inputs.insert(inputs.end(), leaves.begin(), leaves.end());
    }
    return record(std::make_unique<BranchOutputNode>(std::move(block), x, residual), inputs)[0];
}

at::Tensor normalise(const Norm& norm, const at::Tensor& h)
{
    std::vector<at::Tensor> inputs{h};
    const auto leaves = leavesOf(norm);
    inputs.insert(inputs.end(), leaves.begin(), leaves.end());
    return record(std::make_unique<NormNode>(norm, h), inputs)[0];
}

} // namespace luthier::nn
