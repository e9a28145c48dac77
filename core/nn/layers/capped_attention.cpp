// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/capped_attention.h"

#include "core/nn/kernels/capped.h"
#include "core/nn/layers/autograd_node.h"

#include <ATen/ops/bmm.h>

#include <memory>

namespace luthier::nn {

namespace {

// Queries that share a key head stand below each other, [B K, H/K T, D], so that no key is copied.
class CappedNode : public Computation {
public:
    CappedNode(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const kernels::CappedScores& scores)
        : m_sizes(q.sizes().vec()), m_keySizes(k.sizes().vec()), m_q(below(q.detach())), m_k(below(k.detach())), m_v(below(v.detach())), m_scores(scores)
    {
    }

    std::vector<at::Tensor> forward() override
    {
        m_raw = at::bmm(m_q, m_k.transpose(1, 2));
        return {at::bmm(weights(), m_v).view(m_sizes)};
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        const at::Tensor dOut = below(grads[0]);
        const at::Tensor dv = at::bmm(weights().transpose(1, 2), dOut);
        const at::Tensor dRaw = at::bmm(dOut, m_v.transpose(1, 2));
        kernels::cappedBackward(rows(m_raw), rows(dRaw), m_scores);
        return {at::bmm(dRaw, m_k).view(m_sizes), at::bmm(dRaw.transpose(1, 2), m_q).view(m_keySizes), dv.view(m_keySizes)};
    }

private:
    // [B, H, T, D] -> [B K, H/K T, D]
    at::Tensor below(const at::Tensor& x) const { return x.reshape({m_keySizes[0] * m_keySizes[1], -1, x.size(3)}); }
    at::Tensor rows(const at::Tensor& scores) const { return scores.view({-1, m_keySizes[2]}); }
    at::Tensor weights() const { return kernels::cappedForward(rows(m_raw), m_scores).view(m_raw.sizes()); }

    std::vector<std::int64_t> m_sizes;
    std::vector<std::int64_t> m_keySizes;
    at::Tensor m_q;
    at::Tensor m_k;
    at::Tensor m_v;
    kernels::CappedScores m_scores;
    at::Tensor m_raw;
};

} // namespace

bool knowsCappedAttention(const at::Tensor& q, const at::Tensor& k, const AttentionSettings& settings)
{
    return settings.softcap > 0 && q.size(2) > 1 && q.size(2) == k.size(2) && kernels::knowsCapped(q, k.size(2));
}

at::Tensor cappedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionSettings& settings)
{
    return record(std::make_unique<CappedNode>(q, k, v, kernels::CappedScores{settings.scale, settings.softcap, settings.window}), {q, k, v})[0];
}

} // namespace luthier::nn
