// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/nccl.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <type_traits>

namespace luthier::ranks {

namespace {

// As nccl.h declares them: a C interface that has been the same since version 2.
using Status = int;
struct UniqueId {
    std::array<char, 128> bytes;
};
using Handle = void*;
constexpr int kSum = 0;
constexpr int kByte = 1;
constexpr int kHalf = 6;
constexpr int kFloat = 7;
constexpr int kBfloat16 = 9;

struct Functions {
    Status (*ncclGetUniqueId)(UniqueId*) = nullptr;
    Status (*ncclCommInitRank)(Handle*, int, UniqueId, int) = nullptr;
    Status (*ncclCommAbort)(Handle) = nullptr;
    Status (*ncclAllReduce)(const void*, void*, std::size_t, int, int, Handle, Handle) = nullptr;
    Status (*ncclAllGather)(const void*, void*, std::size_t, int, Handle, Handle) = nullptr;
    Status (*ncclReduceScatter)(const void*, void*, std::size_t, int, int, Handle, Handle) = nullptr;
    Status (*ncclSend)(const void*, std::size_t, int, int, Handle, Handle) = nullptr;
    Status (*ncclRecv)(void*, std::size_t, int, int, Handle, Handle) = nullptr;
    Status (*ncclGroupStart)() = nullptr;
    Status (*ncclGroupEnd)() = nullptr;
    const char* (*ncclGetErrorString)(Status) = nullptr;
    bool complete = true;
};

// LibTorch for cards has loaded it with itself, or holds it.
Functions loadFunctions()
{
    Functions all;
    Handle library = dlopen("libnccl.so.2", RTLD_LAZY | RTLD_LOCAL);
    Handle torch = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    const auto find = [&](auto& target, const char* name) {
        Handle symbol = dlsym(RTLD_DEFAULT, name);
        for (Handle place : {torch, library}) {
            symbol = symbol || !place ? symbol : dlsym(place, name);
        }
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbol);
        all.complete = all.complete && symbol;
    };
    find(all.ncclGetUniqueId, "ncclGetUniqueId");
    find(all.ncclCommInitRank, "ncclCommInitRank");
    find(all.ncclCommAbort, "ncclCommAbort");
    find(all.ncclAllReduce, "ncclAllReduce");
    find(all.ncclAllGather, "ncclAllGather");
    find(all.ncclReduceScatter, "ncclReduceScatter");
    find(all.ncclSend, "ncclSend");
    find(all.ncclRecv, "ncclRecv");
    find(all.ncclGroupStart, "ncclGroupStart");
    find(all.ncclGroupEnd, "ncclGroupEnd");
    find(all.ncclGetErrorString, "ncclGetErrorString");
    return all;
}

const Functions& functions()
{
    static const Functions all = loadFunctions();
    return all;
}

int typeOf(at::ScalarType dtype)
{
    TORCH_CHECK(dtype == at::kFloat || dtype == at::kHalf || dtype == at::kBFloat16, "no sum over ranks of such numbers");
    return dtype == at::kFloat ? kFloat : dtype == at::kHalf ? kHalf : kBfloat16;
}

std::string hexOf(const UniqueId& id)
{
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : id.bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += kDigits[value >> 4];
        text += kDigits[value & 15];
    }
    return text;
}

bool fromHex(const std::string& text, UniqueId& id)
{
    const auto digit = [](char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; };
    if (text.size() != 2 * id.bytes.size()) {
        return false;
    }
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<char>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return true;
}

class Communicator : public Nccl {
public:
    Communicator(Handle handle, int rank, int size, at::Device device)
        : m_handle(handle), m_rank(rank), m_size(size), m_device(device), m_beside(c10::cuda::getStreamFromPool(true, device.index()))
    {
    }
    // Never destroyed in order: a rank that ends takes it along, and one that is broken must not wait for others.
    ~Communicator() override = default;

    void sum(const at::Tensor& tensor) override
    {
        TORCH_CHECK(tensor.is_contiguous() && tensor.device() == m_device, "a sum over ranks of what does not lie on this rank's card");
        queue(tensor, c10::cuda::getCurrentCUDAStream(m_device.index()));
    }

    void sumBeside(const at::Tensor& tensor) override
    {
        TORCH_CHECK(tensor.is_contiguous() && tensor.device() == m_device, "a sum over ranks of what does not lie on this rank's card");
        order(c10::cuda::getCurrentCUDAStream(m_device.index()), m_beside);
        queue(tensor, m_beside);
    }

    void joinSums() override { order(m_beside, c10::cuda::getCurrentCUDAStream(m_device.index())); }

    void sumPartBeside(const at::Tensor& whole, const at::Tensor& own) override
    {
        TORCH_CHECK(own.is_contiguous() && whole.is_contiguous() && own.device() == m_device && whole.device() == m_device
                        && (own.scalar_type() == whole.scalar_type() || own.scalar_type() == at::kFloat),
                    "ranks sum parts of what lies on their cards");
        order(c10::cuda::getCurrentCUDAStream(m_device.index()), m_beside);
        const c10::DeviceGuard guard(m_device);
        if (own.scalar_type() != whole.scalar_type()) {
            sumWidened(whole, own);
            whole.record_stream(m_beside.unwrap());
            return;
        }
        const Status status = functions().ncclReduceScatter(whole.const_data_ptr(), own.mutable_data_ptr(), static_cast<std::size_t>(own.numel()),
                                                            typeOf(own.scalar_type()), kSum, m_handle, m_beside.stream());
        TORCH_CHECK(status == 0, "NCCL: ", functions().ncclGetErrorString(status));
        whole.record_stream(m_beside.unwrap());
    }

    void gatherBeside(const at::Tensor& own, const at::Tensor& whole) override
    {
        TORCH_CHECK(own.is_contiguous() && whole.is_contiguous() && own.device() == m_device && whole.device() == m_device
                        && own.scalar_type() == at::kByte && whole.scalar_type() == at::kByte,
                    "ranks gather bytes that lie on their cards");
        order(c10::cuda::getCurrentCUDAStream(m_device.index()), m_beside);
        const c10::DeviceGuard guard(m_device);
        const Status status = functions().ncclAllGather(own.const_data_ptr(), whole.mutable_data_ptr(), static_cast<std::size_t>(own.numel()), kByte,
                                                        m_handle, m_beside.stream());
        TORCH_CHECK(status == 0, "NCCL: ", functions().ncclGetErrorString(status));
    }

    void abort() override
    {
        if (!m_aborted.exchange(true)) {
            const c10::DeviceGuard guard(m_device);
            functions().ncclCommAbort(m_handle);
        }
    }

private:
    void order(const c10::cuda::CUDAStream& first, const c10::cuda::CUDAStream& second) const
    {
        const c10::DeviceGuard guard(m_device);
        c10::Event event(m_device.type());
        event.record(first.unwrap());
        event.block(second.unwrap());
    }

    // Half of what a sum in fp32 would send, and no number is rounded that was not before.
    void sumWidened(const at::Tensor& whole, const at::Tensor& own) const
    {
        const c10::StreamGuard guard(m_beside.unwrap());
        const at::Tensor parts = whole.view({m_size, own.numel()});
        const at::Tensor come = at::empty(parts.sizes(), parts.options());
        const auto count = static_cast<std::size_t>(own.numel());
        const int type = typeOf(parts.scalar_type());
        come.select(0, m_rank).copy_(parts.select(0, m_rank));
        Status status = functions().ncclGroupStart();
        for (int rank = 0; rank < m_size && status == 0; ++rank) {
            if (rank == m_rank) {
                continue;
            }
            status = functions().ncclSend(parts.select(0, rank).const_data_ptr(), count, type, rank, m_handle, m_beside.stream());
            status = status == 0 ? functions().ncclRecv(come.select(0, rank).mutable_data_ptr(), count, type, rank, m_handle, m_beside.stream()) : status;
        }
        const Status ended = functions().ncclGroupEnd();
        status = status == 0 ? ended : status;
        TORCH_CHECK(status == 0, "NCCL: ", functions().ncclGetErrorString(status));
        at::Tensor sum = own.view({own.numel()});
        at::sum_out(sum, come, {0}, /*keepdim=*/false, at::kFloat);
    }

    void queue(const at::Tensor& tensor, const c10::cuda::CUDAStream& stream) const
    {
        const c10::DeviceGuard guard(m_device);
        void* data = tensor.mutable_data_ptr();
        const Status status = functions().ncclAllReduce(data, data, static_cast<std::size_t>(tensor.numel()), typeOf(tensor.scalar_type()), kSum,
                                                        m_handle, stream.stream());
        TORCH_CHECK(status == 0, "NCCL: ", functions().ncclGetErrorString(status));
    }

    Handle m_handle;
    int m_rank;
    int m_size;
    at::Device m_device;
    c10::cuda::CUDAStream m_beside;
    std::atomic<bool> m_aborted{false};
};

} // namespace

Result<std::unique_ptr<Nccl>> makeNccl(int rank, int size, at::Device device, const std::function<std::string(const std::string&)>& share)
{
    ::setenv("NCCL_NVLS_ENABLE", "0", 0); // multicast over NVLink hangs where a host shares its switches
    if (!functions().complete) {
        return Error{"NCCL, which sums over cards, is not on this machine (libnccl.so.2): a LibTorch for CUDA brings it. Train on one card, or with --devices cpu:"
                     + std::to_string(size)};
    }
    UniqueId id{};
    const Status made = rank == 0 ? functions().ncclGetUniqueId(&id) : 0;
    const std::string text = share(made == 0 ? hexOf(id) : std::string());
    if (!fromHex(text, id)) {
        return Error{"NCCL could not begin on rank 0" + (rank == 0 ? std::string(": ") + functions().ncclGetErrorString(made) : std::string())};
    }
    const c10::DeviceGuard guard(device);
    Handle handle = nullptr;
    if (const Status status = functions().ncclCommInitRank(&handle, size, id, rank); status != 0) {
        return Error{std::string("NCCL could not join the cards: ") + functions().ncclGetErrorString(status) + ". Has each rank a card of its own? (NCCL_DEBUG=INFO says more)"};
    }
    return std::unique_ptr<Nccl>(std::make_unique<Communicator>(handle, rank, size, device));
}

} // namespace luthier::ranks
