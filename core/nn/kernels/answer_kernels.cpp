// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/answer_kernels.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/kernels.h"

namespace luthier::nn::kernels {

namespace {

bool isNarrowOnCard(const at::Tensor& x)
{
    return isFused() && x.is_cuda() && x.scalar_type() == at::kBFloat16 && x.numel() > 0 && cuda::isReady(x.device());
}

bool isLike(const at::Tensor& x, const at::Tensor& y)
{
    return y.scalar_type() == x.scalar_type() && y.device() == x.device() && y.is_contiguous();
}

} // namespace

at::Tensor codesProduct(const at::Tensor& x, const quant::QuantisedWeight& weight)
{
    return isNarrowOnCard(x) && weight.codes.device() == x.device() ? cuda::codesProduct(x, weight) : at::Tensor();
}

at::Tensor slotAttention(const SlotQuery& query)
{
    const bool rows = query.q.stride(2) == 1 && query.k.stride(2) == 1 && query.v.stride(2) == 1;
    if (!rows || !isLike(query.q, query.keys) || !isLike(query.q, query.values) || query.q.numel() == 0) {
        return {};
    }
    if (query.q.is_cpu()) {
        const bool isKnown = query.q.scalar_type() == at::kFloat || query.q.scalar_type() == at::kBFloat16;
        return isKnown && isFused() ? cpu::slotAttention(query) : at::Tensor();
    }
    return isNarrowOnCard(query.q) ? cuda::slotAttention(query) : at::Tensor();
}

bool picksTokens(at::Device device)
{
    return isFused() && device.is_cuda() && cuda::isReady(device);
}

bool pickTokens(const TokenPick& pick)
{
    return pick.logits.is_contiguous() && pick.logits.scalar_type() == at::kFloat && picksTokens(pick.logits.device())
           && cuda::pickTokens(pick);
}

} // namespace luthier::nn::kernels
