// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/embedding_noise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include <cmath>

namespace luthier::nn {

namespace {

// SplitMix64's steps (Steele et al., 2014), on signed numbers whose products wrap; a shift of one of them needs its sign cut off.
constexpr std::int64_t kStep = static_cast<std::int64_t>(0x9e3779b97f4a7c15ULL);
constexpr std::int64_t kFirst = static_cast<std::int64_t>(0xbf58476d1ce4e5b9ULL);
constexpr std::int64_t kSecond = static_cast<std::int64_t>(0x94d049bb133111ebULL);

at::Tensor shifted(const at::Tensor& x, int bits)
{
    const std::int64_t kept = static_cast<std::int64_t>(~std::uint64_t{0} >> bits);
    return x.__rshift__(bits).bitwise_and_(kept);
}

} // namespace

at::Tensor uniformNoise(std::int64_t count, const Pass& pass, at::Device device)
{
    constexpr int kUnused = 40; // 24 bits are what a fp32 number holds
    const auto options = at::TensorOptions().dtype(at::kLong).device(device);
    const at::Tensor seed = pass.seedAt.defined() ? pass.seedAt : at::full({}, static_cast<std::int64_t>(pass.seed), options);
    at::Tensor x = at::arange(1, count + 1, options).mul_(kStep).add_(seed);
    x = x.bitwise_xor_(shifted(x, 30)).mul_(kFirst);
    x = x.bitwise_xor_(shifted(x, 27)).mul_(kSecond);
    x = x.bitwise_xor_(shifted(x, 31));
    return shifted(x, kUnused).to(at::kFloat).mul_(std::ldexp(1.0, -23)).sub_(1);
}

at::Tensor withEmbeddingNoise(const at::Tensor& h, const Pass& pass, std::int64_t tokens)
{
    if (!pass.training || pass.embeddingNoise <= 0) {
        return h;
    }
    const double size = pass.embeddingNoise / std::sqrt(static_cast<double>(tokens * h.size(-1)));
    return h + uniformNoise(h.numel(), pass, h.device()).mul_(size).view(h.sizes()).to(h.scalar_type());
}

} // namespace luthier::nn
