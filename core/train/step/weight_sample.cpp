// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/weight_sample.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kOfEach = 4096;

at::Tensor sampleOf(const at::Tensor& tensor)
{
    const at::NoGradGuard noGrad;
    const std::int64_t step = std::max<std::int64_t>(1, tensor.numel() / kOfEach);
    const at::Tensor taken = tensor.detach().reshape({-1}).slice(0, 0, std::nullopt, step);
    return taken.to(taken.options().device(at::kCPU), /*non_blocking=*/false, /*copy=*/true);
}

} // namespace

WeightSample::WeightSample(const std::vector<nn::NamedTensor>& tensors)
{
    for (const nn::NamedTensor& named : tensors) {
        m_numbers.push_back(sampleOf(named.tensor));
    }
}

std::int64_t WeightSample::size() const
{
    std::int64_t size = 0;
    for (const at::Tensor& numbers : m_numbers) {
        size += numbers.numel();
    }
    return size;
}

bool WeightSample::differs(const std::vector<nn::NamedTensor>& tensors) const
{
    for (std::size_t i = 0; i < m_numbers.size() && i < tensors.size(); ++i) {
        if (!m_numbers[i].equal(sampleOf(tensors[i].tensor))) {
            return true;
        }
    }
    return false;
}

} // namespace luthier::train
