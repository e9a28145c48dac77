// SPDX-License-Identifier: GPL-3.0-or-later
// Launches of capped.cu.
#include "core/nn/kernels/capped.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"

#include <ATen/ops/empty_like.h>

#include <limits>

namespace luthier::nn::kernels {

namespace {

constexpr std::int64_t kThreads = 128;

template <class To>
void launchRows(cuda::Kernel kernel, const at::Tensor& raw, To* to, const CappedScores& scores)
{
    cuda::launch(kernel, raw.device(), {raw.size(0), 1, kThreads}, cuda::in(raw), to, static_cast<int>(raw.size(1)), static_cast<int>(scores.window),
                 static_cast<float>(scores.scale), static_cast<float>(scores.softcap));
}

} // namespace

bool knowsCapped(const at::Tensor& x, std::int64_t keys)
{
    return isFused() && x.is_cuda() && x.scalar_type() == at::kBFloat16 && keys % 8 == 0 && keys < std::numeric_limits<std::int32_t>::max() / 2
           && cuda::isReady(x.device());
}

at::Tensor cappedForward(const at::Tensor& raw, const CappedScores& scores)
{
    at::Tensor weights = at::empty_like(raw);
    launchRows(cuda::Kernel::CappedForward, raw, weights.mutable_data_ptr(), scores);
    return weights;
}

void cappedBackward(const at::Tensor& raw, const at::Tensor& gradient, const CappedScores& scores)
{
    launchRows(cuda::Kernel::CappedBackward, raw, gradient.mutable_data_ptr(), scores);
}

} // namespace luthier::nn::kernels
