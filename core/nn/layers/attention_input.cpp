// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/low_rank.h"
#include "core/nn/layers/autograd_node.h"
#include "core/nn/layers/blocks.h"

#include <ATen/ops/empty.h>

namespace luthier::nn {

namespace {

class AttentionInputNode : public Computation {
public:
    AttentionInputNode(AttentionInput block, const at::Tensor& h)
        : m_block(std::move(block)), m_h(h.detach()), m_wantInput(h.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        Fp8Rows rows;
        const at::Tensor x = m_block.norm.exists() ? normForward(m_block.norm, m_h, wantsFp8(m_block.qkv, m_h.size(0), rows)) : m_h;
        const kernels::LowHeads turned{m_block.shape.heads, m_block.shape.kvHeads, m_block.shape.dim, m_block.tables.cos, m_block.tables.sin};
        const bool turns = m_block.queryKeyNorm == QueryKeyNorm::None && m_block.qkv.base->slices.size() == 3 && turned.cos.defined()
                           && turned.cos.size(0) == m_block.shape.tokens && kernels::turnsLow(turned);
        kernels::LowTerms apart;
        at::Tensor qkv = linearForward(m_block.qkv, x, &m_saved, rows, turns ? &apart : nullptr);
        if (m_block.queryKeyNorm != QueryKeyNorm::None) {
            m_queries = queryPart(qkv).clone(at::MemoryFormat::Contiguous); // as the norms' kernels read them
            m_keys = keyPart(qkv).clone(at::MemoryFormat::Contiguous);
            queryPart(qkv).copy_(normForward(m_block.queryNorm, m_queries));
            keyPart(qkv).copy_(normForward(m_block.keyNorm, m_keys));
        }
        if (apart.empty()) {
            turn(qkv);
        } else {
            kernels::turnLow(qkv, apart, turned);
        }
        const at::Tensor heads = byHead(qkv);
        const HeadShape& s = m_block.shape;
        return {heads.narrow(2, 0, s.heads).transpose(1, 2), heads.narrow(2, s.heads, s.kvHeads).transpose(1, 2),
                heads.narrow(2, s.heads + s.kvHeads, s.kvHeads).transpose(1, 2), m_h.alias()};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        const bool normed = m_block.queryKeyNorm != QueryKeyNorm::None;
        Fp8Rows rows;
        const at::Tensor dQkv = gathered(grads, normed ? nullptr : wantsFp8(m_block.qkv, m_h.size(0), rows));
        std::vector<at::Tensor> normGrads;
        if (normed) {
            queryPart(dQkv).copy_(normBackward(m_block.queryNorm, m_queries, queryPart(dQkv).contiguous(), normGrads));
            keyPart(dQkv).copy_(normBackward(m_block.keyNorm, m_keys, keyPart(dQkv).contiguous(), normGrads));
        }
        const bool normTrains = m_block.norm.exists() && m_block.norm.weight.requires_grad();
        const bool rebuild = needsInput(m_block.qkv) && m_block.norm.exists();
        const auto x = [&] { return rebuild ? normForward(m_block.norm, m_h) : m_h; };
        kernels::Lanes lanes(dQkv);
        std::vector<at::Tensor> linearGrads;
        const at::Tensor dx
            = linearBackward(m_block.qkv, x, dQkv, m_saved, m_wantInput || normTrains, linearGrads, lanes, rows);
        std::vector<at::Tensor> result{at::Tensor()};
        if (dx.defined()) {
            const at::Tensor add = m_wantInput ? grads[3] : at::Tensor();
            Fp8Rows below;
            const at::Tensor dh = m_block.norm.exists() ? normBackward(m_block.norm, m_h, dx, result, add, wantsFp8(m_block.qkv, m_h.size(0), below))
                                  : add.defined()       ? dx.add(add)
                                                        : dx;
            if (below.exists()) {
                leaveFp8Rows(dh, below);
            }
            result[0] = m_wantInput ? dh : at::Tensor();
        } else {
            result.resize(1 + leavesOf(m_block.norm).size());
            result[0] = m_wantInput ? grads[3] : at::Tensor();
        }
        result.insert(result.end(), linearGrads.begin(), linearGrads.end());
        result.insert(result.end(), normGrads.begin(), normGrads.end());
        return result;
    }

private:
    std::int64_t queries() const { return m_block.shape.heads * m_block.shape.dim; }
    std::int64_t keys() const { return m_block.shape.kvHeads * m_block.shape.dim; }

    // As the norm of q and k sees them: a head a row, or the whole projection.
    at::Tensor parted(const at::Tensor& part, std::int64_t heads) const
    {
        return m_block.queryKeyNorm == QueryKeyNorm::Head ? part.unflatten(1, {heads, m_block.shape.dim}) : part;
    }
    at::Tensor queryPart(const at::Tensor& qkv) const
    {
        return parted(qkv.narrow(1, 0, queries()), m_block.shape.heads);
    }
    at::Tensor keyPart(const at::Tensor& qkv) const
    {
        return parted(qkv.narrow(1, queries(), keys()), m_block.shape.kvHeads);
    }

    at::Tensor byHead(const at::Tensor& qkv) const
    {
        const HeadShape& s = m_block.shape;
        return qkv.view({s.rows, s.tokens, s.heads + 2 * s.kvHeads, s.dim});
    }

    void turn(const at::Tensor& qkv) const
    {
        if (m_block.tables.cos.defined()) {
            rotate(byHead(qkv).narrow(2, 0, m_block.shape.heads + m_block.shape.kvHeads), m_block.tables, 1);
        }
    }

    // Gradients of q, k, v as one [N, (H + 2K) D], q's and k's turned back.
    at::Tensor gathered(const std::vector<at::Tensor>& grads, Fp8Rows* rows) const
    {
        const HeadShape& s = m_block.shape;
        at::Tensor dQkv = at::empty({s.rows * s.tokens, queries() + 2 * keys()}, m_h.options());
        if (grads[0].defined() && grads[1].defined() && grads[2].defined()
            && kernels::gatherHeads(grads[0], grads[1], grads[2], dQkv, m_block.tables.cos, m_block.tables.sin, rows)) {
            return dQkv;
        }
        const at::Tensor heads = byHead(dQkv);
        std::int64_t first = 0;
        for (int i = 0; i < 3; ++i) {
            const std::int64_t count = i == 0 ? s.heads : s.kvHeads;
            at::Tensor part = heads.narrow(2, first, count);
            const at::Tensor& grad = grads[static_cast<std::size_t>(i)];
            if (!grad.defined()) {
                part.zero_();
            } else if (i < 2 && m_block.tables.cos.defined()) {
                rotateInto(part, grad.transpose(1, 2), m_block.tables, -1);
            } else {
                part.copy_(grad.transpose(1, 2));
            }
            first += count;
        }
        return dQkv;
    }

    AttentionInput m_block;
    at::Tensor m_h;
    bool m_wantInput;
    LinearSaved m_saved;
    at::Tensor m_queries; // before their norm, [N, H, D] or [N, H D]
    at::Tensor m_keys;    // the same
};

} // namespace

Heads attentionInput(AttentionInput block, const at::Tensor& h)
{
    std::vector<at::Tensor> inputs{h};
    for (const auto& leaves : {leavesOf(block.norm), leavesOf(block.qkv), leavesOf(block.queryNorm), leavesOf(block.keyNorm)}) {
        inputs.insert(inputs.end(), leaves.begin(), leaves.end());
    }
    auto outputs = record(std::make_unique<AttentionInputNode>(std::move(block), h), inputs);
    return {outputs[0], outputs[1], outputs[2], outputs[3]};
}

} // namespace luthier::nn
