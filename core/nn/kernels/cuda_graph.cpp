// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cuda_graph.h"

#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cuda_runtime_api.h>

namespace luthier::nn::kernels::cuda {

Graph::~Graph()
{
    forget();
}

void Graph::forget()
{
    if (m_playable) {
        // An error here has nobody to tell, and the process may be ending.
        static_cast<void>(cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(m_playable)));
        m_playable = nullptr;
    }
}

void Graph::record(at::Device device, const std::function<void()>& work)
{
    forget();
    const c10::DeviceGuard guard(device);
    const auto stream = c10::cuda::getStreamFromPool(false, device.index());
    cudaGraph_t graph = nullptr;
    {
        const c10::cuda::CUDAStreamGuard onStream(stream);
        C10_CUDA_CHECK(cudaStreamBeginCapture(stream.stream(), cudaStreamCaptureModeThreadLocal));
        try {
            work();
        } catch (...) {
            static_cast<void>(cudaStreamEndCapture(stream.stream(), &graph));
            throw;
        }
        C10_CUDA_CHECK(cudaStreamEndCapture(stream.stream(), &graph));
    }
    cudaGraphExec_t playable = nullptr;
    const auto result = cudaGraphInstantiate(&playable, graph, 0);
    static_cast<void>(cudaGraphDestroy(graph));
    C10_CUDA_CHECK(result);
    m_playable = playable;
}

void Graph::play(at::Device device)
{
    const c10::DeviceGuard guard(device);
    C10_CUDA_CHECK(cudaGraphLaunch(static_cast<cudaGraphExec_t>(m_playable),
                                   c10::cuda::getCurrentCUDAStream(device.index()).stream()));
}

} // namespace luthier::nn::kernels::cuda
