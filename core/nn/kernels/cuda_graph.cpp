// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cuda_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <mutex>

namespace luthier::nn::kernels::cuda {

namespace {

// One for all recordings on a card: libraries keep working memory for each stream that they see.
c10::cuda::CUDAStream recordingStream(at::DeviceIndex card)
{
    static std::mutex mutex;
    static std::map<at::DeviceIndex, c10::cuda::CUDAStream> streams;
    const std::lock_guard lock(mutex);
    return streams.try_emplace(card, c10::cuda::getStreamFromPool(false, card)).first->second;
}

} // namespace

struct Graph::Recorded {
    at::cuda::CUDAGraph graph;
};

Graph::Graph() = default;
Graph::~Graph() = default;

bool Graph::canRecord(at::Device device)
{
    return device.is_cuda();
}

void Graph::record(at::Device device, const std::function<void()>& work, const Graph* beside)
{
    m_recorded.reset();
    const c10::DeviceGuard guard(device);
    // What was queued must be over: recording may give memory another meaning.
    C10_CUDA_CHECK(cudaDeviceSynchronize());
    auto recorded = std::make_unique<Recorded>();
    {
        const c10::cuda::CUDAStreamGuard onStream(recordingStream(device.index()));
        const auto pool = beside && beside->exists() ? beside->m_recorded->graph.pool() : at::cuda::MempoolId_t{0, 0};
        recorded->graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
        try {
            work();
        } catch (...) {
            try {
                recorded->graph.capture_end(); // the stream must be usable again; a broken recording says so once more
            } catch (const c10::Error&) {
                static_cast<void>(cudaGetLastError());
            }
            throw;
        }
        recorded->graph.capture_end();
    }
    m_recorded = std::move(recorded);
}

void Graph::play(at::Device device)
{
    const c10::DeviceGuard guard(device);
    m_recorded->graph.replay();
}

} // namespace luthier::nn::kernels::cuda
