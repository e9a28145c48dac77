// SPDX-License-Identifier: GPL-3.0-or-later
// Order between streams of a card. Only in builds with CUDA.
#pragma once

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

namespace luthier::nn::kernels::cuda {

// What is queued on `then` from now on waits for what `first` was given. A recording keeps the order itself; the event is needed no
// longer than it is named.
inline void order(c10::cuda::CUDAStream first, c10::cuda::CUDAStream then)
{
    cudaEvent_t event = nullptr;
    C10_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    const cudaError_t recorded = cudaEventRecord(event, first);
    const cudaError_t waits = recorded == cudaSuccess ? cudaStreamWaitEvent(then, event, 0) : recorded;
    static_cast<void>(cudaEventDestroy(event));
    C10_CUDA_CHECK(waits);
}

} // namespace luthier::nn::kernels::cuda
