// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/lanes.h"

#include "core/nn/kernels/cuda_order.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace luthier::nn::kernels {

namespace {

// The same for all recordings on a card: libraries keep working memory for each stream that they see.
c10::cuda::CUDAStream streamOf(at::DeviceIndex card, std::size_t lane)
{
    static std::mutex mutex;
    static std::map<std::pair<at::DeviceIndex, std::size_t>, c10::cuda::CUDAStream> streams;
    const std::lock_guard lock(mutex);
    return streams.try_emplace({card, lane}, c10::cuda::getStreamFromPool(false, card)).first->second;
}

bool isRecording(at::Device device)
{
    if (!device.is_cuda()) {
        return false;
    }
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    C10_CUDA_CHECK(cudaStreamIsCapturing(c10::cuda::getCurrentCUDAStream(device.index()), &status));
    return status == cudaStreamCaptureStatusActive;
}

} // namespace

Lanes::Lanes(const at::Tensor& x) : m_device(x.device()), m_active(isRecording(m_device)) {}

Lanes::~Lanes()
{
    for (std::size_t lane = 0; lane < kCount; ++lane) {
        try {
            join(lane);
        } catch (const std::exception&) {
            // What broke the recording is thrown where it is ended.
        }
    }
}

void Lanes::run(std::size_t lane, const std::function<void()>& work)
{
    if (!m_active) {
        work();
        return;
    }
    const c10::cuda::CUDAStream own = streamOf(m_device.index(), lane);
    cuda::order(c10::cuda::getCurrentCUDAStream(m_device.index()), own);
    m_began[lane] = true;
    const c10::cuda::CUDAStreamGuard onLane(own);
    work();
}

void Lanes::join(std::size_t lane)
{
    if (std::exchange(m_began[lane], false)) {
        cuda::order(streamOf(m_device.index(), lane), c10::cuda::getCurrentCUDAStream(m_device.index()));
    }
}

} // namespace luthier::nn::kernels
