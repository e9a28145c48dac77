// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/shelf.h"

#include "core/nn/kernels/cuda_order.h"

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace luthier::nn::kernels {

namespace {

// One for each card, so that copies to memory and from it come one after the other, whichever pass they are of.
c10::cuda::CUDAStream copyingStream(at::DeviceIndex card)
{
    static std::mutex mutex;
    static std::map<at::DeviceIndex, c10::cuda::CUDAStream> streams;
    const std::lock_guard lock(mutex);
    return streams.try_emplace(card, c10::cuda::getStreamFromPool(false, card)).first->second;
}

// Pinned memory, kept for the next pass: taking it from the system costs more than a layer. Recorded passes go on writing to what they
// gave back; whoever has it then writes it before it is read, and the card does one after the other.
class HostPages {
public:
    static HostPages& all()
    {
        static HostPages pages;
        return pages;
    }

    void* take(std::size_t bytes)
    {
        const std::lock_guard lock(m_mutex);
        std::vector<void*>& free = m_free[bytes];
        if (!free.empty()) {
            void* page = free.back();
            free.pop_back();
            return page;
        }
        void* page = nullptr;
        cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed; // nothing that is recorded depends on it
        C10_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode));
        const cudaError_t result = cudaHostAlloc(&page, bytes, cudaHostAllocPortable);
        C10_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode));
        if (result != cudaSuccess) {
            static_cast<void>(cudaGetLastError());
            return nullptr;
        }
        return page;
    }

    void giveBack(void* page, std::size_t bytes)
    {
        const std::lock_guard lock(m_mutex);
        m_free[bytes].push_back(page);
    }

private:
    std::mutex m_mutex;
    std::map<std::size_t, std::vector<void*>> m_free;
};

} // namespace

struct Shelf::Kept {
    void* page = nullptr;
    std::size_t bytes = 0;
    std::vector<std::int64_t> sizes;
    at::TensorOptions options;
    at::Tensor back;              // on its way
    std::weak_ptr<Kept> before;   // what was put before it and is read behind it

    Kept() = default;
    ~Kept() { HostPages::all().giveBack(page, bytes); }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
};

struct Shelf::State {
    at::Device device;
    at::Tensor leaving; // until its copy is over
    std::weak_ptr<Kept> last;

    c10::cuda::CUDAStream copies() const { return copyingStream(device.index()); }
    c10::cuda::CUDAStream current() const { return c10::cuda::getCurrentCUDAStream(device.index()); }

    // The memory of what has left is used anew behind its copy.
    void letGo()
    {
        if (leaving.defined()) {
            cuda::order(copies(), current());
            leaving.reset();
        }
    }

    void bring(Kept& kept) const
    {
        kept.back = at::empty(kept.sizes, kept.options);
        cuda::order(current(), copies()); // whoever had the memory has done
        C10_CUDA_CHECK(cudaMemcpyAsync(kept.back.mutable_data_ptr(), kept.page, kept.bytes, cudaMemcpyHostToDevice, copies()));
    }
};

bool Shelf::isFor(at::Device device)
{
    return device.is_cuda();
}

Shelf::Shelf(at::Device device) : m_state(new State{device, {}, {}}) {}

Shelf::~Shelf()
{
    try {
        m_state->letGo();
    } catch (const std::exception&) {
        // What broke the pass is thrown by what was queued.
    }
}

std::shared_ptr<Shelf::Kept> Shelf::put(const at::Tensor& x)
{
    const auto bytes = static_cast<std::size_t>(x.nbytes());
    void* page = x.is_contiguous() && bytes > 0 ? HostPages::all().take(bytes) : nullptr;
    if (!page) {
        return nullptr;
    }
    auto kept = std::make_shared<Kept>();
    kept->page = page;
    kept->bytes = bytes;
    kept->sizes = x.sizes().vec();
    kept->options = x.options();
    kept->before = m_state->last;
    m_state->last = kept;
    m_state->letGo();
    cuda::order(m_state->current(), m_state->copies());
    C10_CUDA_CHECK(cudaMemcpyAsync(page, x.const_data_ptr(), bytes, cudaMemcpyDeviceToHost, m_state->copies()));
    m_state->leaving = x;
    return kept;
}

at::Tensor Shelf::take(const std::shared_ptr<Kept>& kept)
{
    m_state->letGo();
    if (!kept->back.defined()) {
        m_state->bring(*kept);
    }
    cuda::order(m_state->copies(), m_state->current());
    at::Tensor x = std::exchange(kept->back, at::Tensor());
    if (const auto before = kept->before.lock(); before && !before->back.defined()) {
        m_state->bring(*before);
    }
    return x;
}

} // namespace luthier::nn::kernels
