// SPDX-License-Identifier: GPL-3.0-or-later
// No fused kernels for CUDA cards: the plain bodies run there.
#include "core/nn/kernels/cuda.h"

namespace luthier::nn::kernels::cuda {

bool isReady(at::Device)
{
    return false;
}

at::Tensor rmsForward(const Rms&, const at::Tensor&)
{
    return {};
}

at::Tensor rmsBackward(const Rms&, const at::Tensor&, const at::Tensor&, const at::Tensor&)
{
    return {};
}

bool rotate(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, int)
{
    return false;
}

at::Tensor gatedForward(bool, const at::Tensor&)
{
    return {};
}

at::Tensor gatedBackward(bool, const at::Tensor&, const at::Tensor&)
{
    return {};
}

at::Tensor rowProduct(const at::Tensor&, const at::Tensor&)
{
    return {};
}

bool dequantise(const quant::QuantisedWeight&, const at::Tensor&)
{
    return false;
}

at::Tensor tokenLosses(const at::Tensor&, const at::Tensor&, double, bool)
{
    return {};
}

} // namespace luthier::nn::kernels::cuda
