// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/dropout.h"

#include "core/nn/kernels/cpu_loops.h"
#include "core/nn/kernels/cuda.h"
#include "core/quant/parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <algorithm>

namespace luthier::nn::kernels {

namespace {

constexpr std::int64_t kEight = 8;
constexpr std::int64_t kGrain = 4096; // eights of a thread

// The words of a 64-bit number that int64 operators hold: the low 32 bits, and the high ones.
at::Tensor low(const at::Tensor& x)
{
    return x.bitwise_and(std::int64_t{0xffffffff});
}
at::Tensor high(const at::Tensor& x)
{
    return low(x.bitwise_right_shift(32));
}

at::Tensor onCpu(const DropoutDraw& draw, const at::Tensor& x, double p)
{
    const at::Tensor kept = at::empty_like(x, x.options().dtype(at::kBool), at::MemoryFormat::Contiguous);
    const std::uint64_t seed
        = draw.seedAt.defined() ? static_cast<std::uint64_t>(*draw.seedAt.const_data_ptr<std::int64_t>()) : draw.seed;
    auto* target = reinterpret_cast<std::uint8_t*>(kept.mutable_data_ptr<bool>());
    const std::int64_t count = kept.numel();
    const std::uint32_t limit = dropoutLimit(p);
    quant::parallelFor(0, (count + kEight - 1) / kEight, kGrain, [&](std::int64_t begin, std::int64_t end) {
        keptRange({seed, draw.place}, target, begin * kEight, std::min(count, end * kEight), limit);
    });
    return kept;
}

} // namespace

std::uint32_t dropoutLimit(double p)
{
    return static_cast<std::uint32_t>(std::clamp(p, 0.0, 1.0) * 65536 + 0.5);
}

at::Tensor keptOf(const DropoutDraw& draw, const at::Tensor& x, double p)
{
    if (x.is_cpu()) {
        return onCpu(draw, x, p);
    }
    if (x.is_cuda() && isFused() && cuda::isReady(x.device())) {
        const at::Tensor kept = at::empty_like(x, x.options().dtype(at::kBool), at::MemoryFormat::Contiguous);
        if (cuda::kept(draw, kept, p)) {
            return kept;
        }
    }
    return plainKept(draw, x, p);
}

at::Tensor plainKept(const DropoutDraw& draw, const at::Tensor& x, double p)
{
    const auto options = x.options().dtype(at::kLong);
    const std::int64_t count = (x.numel() + kEight - 1) / kEight;
    const at::Tensor seed = draw.seedAt.defined() ? draw.seedAt : at::full({}, static_cast<std::int64_t>(draw.seed), options);
    at::Tensor key0 = low(seed);
    at::Tensor key1 = high(seed);
    const at::Tensor place = at::full({count}, static_cast<std::int64_t>(draw.place), options);
    const at::Tensor eights = at::arange(count, options);
    at::Tensor c0 = low(place);
    at::Tensor c1 = high(place);
    at::Tensor c2 = low(eights);
    at::Tensor c3 = high(eights);
    for (int round = 0; round < 10; ++round) {
        // Products of 32-bit words wrap around in int64, but their 64 bits are right.
        const at::Tensor product0 = c0 * std::int64_t{0xD2511F53};
        const at::Tensor product1 = c2 * std::int64_t{0xCD9E8D57};
        c0 = high(product1).bitwise_xor(c1).bitwise_xor(key0);
        c1 = low(product1);
        c2 = high(product0).bitwise_xor(c3).bitwise_xor(key1);
        c3 = low(product0);
        key0 = low(key0 + std::int64_t{0x9E3779B9});
        key1 = low(key1 + std::int64_t{0xBB67AE85});
    }
    std::vector<at::Tensor> halves;
    for (const at::Tensor& word : {c0, c1, c2, c3}) {
        halves.push_back(word.bitwise_and(std::int64_t{0xffff}));
        halves.push_back(word.bitwise_right_shift(16));
    }
    return at::stack(halves, 1).flatten().narrow(0, 0, x.numel()).ge(static_cast<std::int64_t>(dropoutLimit(p))).view(x.sizes());
}

} // namespace luthier::nn::kernels
