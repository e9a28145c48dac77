// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/unpack_fp8.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_codes.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"

namespace luthier::nn::kernels {

bool unpackFp8(const quant::QuantisedWeight& weight, const at::Tensor& out, double inverse, bool across)
{
    constexpr std::int64_t kSide = 64;
    constexpr std::int64_t kThreads = 256;
    constexpr std::int64_t kEach = 16; // numbers of a thread
    const bool known = isFused() && out.is_cuda() && out.scalar_type() == at::kFloat8_e4m3fn && out.stride(1) == 1 && cuda::isAligned(out)
                       && out.stride(0) % kEach == 0 && weight.rows % kSide == 0 && weight.columns % kSide == 0
                       && weight.codes.device() == out.device() && cuda::isReady(out.device());
    const auto codes = known ? cuda::codesOf(weight) : std::nullopt;
    if (!codes || (!across && !out.is_contiguous())) {
        return false;
    }
    const auto tables = cuda::tablesOf(weight.kind);
    if (across) {
        cuda::launch(cuda::Kernel::UnpackFp8Across, out.device(), {weight.columns / kSide, weight.rows / kSide, kThreads}, *codes, tables,
                     out.mutable_data_ptr(), static_cast<int>(weight.columns), static_cast<long long>(out.stride(0)), static_cast<float>(inverse));
        return true;
    }
    const std::int64_t elements = weight.elements();
    cuda::launch(cuda::Kernel::UnpackFp8, out.device(), {(elements / kEach + kThreads - 1) / kThreads, 1, kThreads}, *codes, tables,
                 out.mutable_data_ptr(), static_cast<long long>(elements), static_cast<float>(inverse));
    return true;
}

} // namespace luthier::nn::kernels
