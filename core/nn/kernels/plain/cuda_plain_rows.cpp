// SPDX-License-Identifier: GPL-3.0-or-later
// Launches of layer.cu.
#include "core/nn/kernels/plain/plain_rows.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/plain/low_arguments.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

namespace luthier::nn::kernels {

namespace {

constexpr std::int64_t kLineOf = 8;    // values read at once
constexpr std::int64_t kLinesKept = 2; // of a thread
constexpr std::int64_t kMostThreads = 1024;

bool isLayer(const LayerRows& norm, const at::Tensor& x)
{
    const auto isRow = [&](const at::Tensor& row) {
        return row.defined() && row.device() == x.device() && row.scalar_type() == x.scalar_type() && row.is_contiguous() && cuda::isAligned(row)
               && row.numel() == x.size(-1);
    };
    return isFused() && x.is_cuda() && x.numel() > 0 && x.scalar_type() == at::kBFloat16 && x.is_contiguous() && cuda::isAligned(x)
           && x.size(-1) % kLineOf == 0 && x.size(-1) <= kLineOf * kLinesKept * kMostThreads && isRow(norm.weight) && isRow(norm.bias)
           && cuda::isReady(x.device());
}

// A block for each row, as few threads as keep it.
cuda::Grid layerGrid(const at::Tensor& x)
{
    const std::int64_t lines = x.size(-1) / kLineOf;
    const std::int64_t each = lines <= 512 ? 1 : kLinesKept;
    const std::int64_t threads = ((lines + each - 1) / each + 31) / 32 * 32;
    return {x.numel() / x.size(-1), 1, threads};
}

} // namespace

at::Tensor layerForward(const LayerRows& norm, const at::Tensor& x)
{
    if (!isLayer(norm, x)) {
        return {};
    }
    const at::Tensor y = at::empty_like(x);
    cuda::launch(cuda::Kernel::LayerForward, x.device(), layerGrid(x), cuda::in(x), cuda::in(norm.weight), cuda::in(norm.bias), y.mutable_data_ptr(),
                 static_cast<int>(x.size(-1)), static_cast<float>(norm.eps));
    return y;
}

at::Tensor layerBackward(const LayerRows& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add)
{
    const auto isLike = [&](const at::Tensor& other) {
        return !other.defined()
               || (other.device() == x.device() && other.scalar_type() == x.scalar_type() && other.is_contiguous() && other.sizes() == x.sizes()
                   && cuda::isAligned(other));
    };
    if (!isLayer(norm, x) || !isLike(dy) || !isLike(add)) {
        return {};
    }
    const at::Tensor dx = at::empty_like(x);
    cuda::launch(cuda::Kernel::LayerBackward, x.device(), layerGrid(x), cuda::in(x), cuda::in(norm.weight), cuda::in(dy), cuda::in(add),
                 dx.mutable_data_ptr(), static_cast<int>(x.size(-1)), static_cast<float>(norm.eps));
    return dx;
}

at::Tensor geluForwardLow(const at::Tensor& x, const LowTerm& term)
{
    const at::Tensor y = at::empty_like(x);
    const Share share = shareOf(x.size(0), x.size(1));
    cuda::launch(cuda::Kernel::GeluForwardLow, x.device(), share.grid, cuda::in(x), y.mutable_data_ptr(), static_cast<long long>(x.size(0)),
                 static_cast<int>(x.size(1)), share.tiles, argumentOf(term));
    return y;
}

GatedGradients geluBackwardLow(const at::Tensor& x, const at::Tensor& dy, const LowTerm& term, const LowBelow& below)
{
    const at::Tensor above = dy.contiguous();
    GatedGradients gradients{at::empty_like(x), below.wantsProduct ? at::empty_like(x) : at::Tensor()};
    void* product = below.wantsProduct ? gradients.product.mutable_data_ptr() : nullptr;
    const Share share = shareOf(x.size(0), x.size(1));
    cuda::launch(cuda::Kernel::GeluBackwardLow, x.device(), share.grid, cuda::in(x), cuda::in(above), gradients.x.mutable_data_ptr(), product,
                 static_cast<long long>(x.size(0)), static_cast<int>(x.size(1)), share.tiles, argumentOf(term), argumentOf(below.term),
                 argumentOf(below.drop));
    return gradients;
}

} // namespace luthier::nn::kernels
