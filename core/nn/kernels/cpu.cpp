// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cpu.h"

#include "core/nn/kernels/cpu_loops.h"
#include "core/nn/kernels/dot_rows.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace luthier::nn::kernels::cpu {

namespace {

// What a thread must have to do before it is worth waking: a parallel region costs about 10 us, and much more where
// another process holds the core that it waits for.
constexpr std::int64_t kCheapElements = std::int64_t{1} << 17; // a few flops each
constexpr std::int64_t kExpElements = std::int64_t{1} << 15;   // an exponential each
constexpr std::int64_t kReadBytes = std::int64_t{1} << 18;     // streamed from memory

std::int64_t rowsAThread(std::int64_t elements, std::int64_t row)
{
    return std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, row));
}

RmsRows rowsOf(const Rms& norm, const at::Tensor& x, std::int64_t first, std::int64_t last)
{
    const std::int64_t n = x.size(-1);
    return {x.const_data_ptr<float>() + first * n, norm.weight.const_data_ptr<float>(), last - first, n,
            static_cast<float>(norm.eps), norm.plusOne ? 1.0f : 0.0f};
}

} // namespace

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x)
{
    at::Tensor y = at::empty_like(x);
    const std::int64_t n = x.size(-1);
    float* out = y.mutable_data_ptr<float>();
    at::parallel_for(0, x.numel() / n, rowsAThread(kCheapElements, n), [&](std::int64_t first, std::int64_t last) {
        rmsForwardRows(rowsOf(norm, x, first, last), out + first * n);
    });
    return y;
}

at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight)
{
    at::Tensor dx = at::empty_like(x);
    const std::int64_t n = x.size(-1);
    const at::Tensor sums = dWeight ? at::zeros({at::get_num_threads(), n}, x.options()) : at::Tensor();
    float* sum = dWeight ? sums.mutable_data_ptr<float>() : nullptr;
    const float* g = dy.const_data_ptr<float>();
    const float* also = add.defined() ? add.const_data_ptr<float>() : nullptr;
    float* out = dx.mutable_data_ptr<float>();
    at::parallel_for(0, x.numel() / n, rowsAThread(kCheapElements, n), [&](std::int64_t first, std::int64_t last) {
        rmsBackwardRows(rowsOf(norm, x, first, last), g + first * n, also ? also + first * n : nullptr, out + first * n,
                        sum ? sum + at::get_thread_num() * n : nullptr);
    });
    if (dWeight) {
        *dWeight = sums.sum(0);
    }
    return dx;
}

bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign)
{
    const std::int64_t tokens = from.size(1);
    const std::int64_t heads = from.size(2);
    const std::int64_t half = cos.size(-1);
    const float* source = from.const_data_ptr<float>();
    float* target = to.mutable_data_ptr<float>();
    const float* c = cos.const_data_ptr<float>();
    const float* s = sin.const_data_ptr<float>();
    const auto grain = rowsAThread(kCheapElements, heads * half);
    at::parallel_for(0, from.size(0) * tokens, grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            const std::int64_t row = i / tokens;
            const std::int64_t token = i % tokens;
            rotateHeads(source + row * from.stride(0) + token * from.stride(1), from.stride(2),
                        target + row * to.stride(0) + token * to.stride(1), to.stride(2), heads, c + token * half,
                        s + token * half, half, static_cast<float>(sign));
        }
    });
    return true;
}

at::Tensor gatedForward(bool silu, const at::Tensor& x)
{
    const std::int64_t n = x.size(1) / 2;
    at::Tensor y = at::empty({x.size(0), n}, x.options());
    const float* in = x.const_data_ptr<float>();
    float* out = y.mutable_data_ptr<float>();
    at::parallel_for(0, x.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
        gatedForwardRows(in + first * 2 * n, out + first * n, last - first, n, silu);
    });
    return y;
}

at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy)
{
    const std::int64_t n = x.size(1) / 2;
    at::Tensor dx = at::empty_like(x);
    const float* in = x.const_data_ptr<float>();
    const float* g = dy.const_data_ptr<float>();
    float* out = dx.mutable_data_ptr<float>();
    at::parallel_for(0, x.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
        gatedBackwardRows(in + first * 2 * n, g + first * n, out + first * 2 * n, last - first, n, silu);
    });
    return dx;
}

at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, double temperature,
                       bool gradient)
{
    const std::int64_t n = logits.size(1);
    at::Tensor losses = at::empty({logits.size(0)}, logits.options());
    float* in = logits.mutable_data_ptr<float>();
    float* out = losses.mutable_data_ptr<float>();
    const std::int64_t* target = targets.const_data_ptr<std::int64_t>();
    const float* weight = weights.defined() ? weights.const_data_ptr<float>() : nullptr;
    const auto inverse = static_cast<float>(1 / temperature);
    at::parallel_for(0, logits.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
            TORCH_CHECK_INDEX(target[row] < n, "target ", target[row], " lies outside the vocabulary of ", n);
            out[row] = lossRow(in + row * n, n, target[row], {weight ? weight[row] : 1.0f, inverse, gradient});
        }
    });
    return losses;
}

at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight)
{
    const std::int64_t n = weight.size(1);
    const bool narrow = weight.scalar_type() == at::kBFloat16;
    const at::Tensor in = x.contiguous();
    at::Tensor y = at::empty({1, weight.size(0)}, x.options().dtype(at::kFloat));
    float* out = y.mutable_data_ptr<float>();
    const void* w = weight.const_data_ptr();
    const void* v = in.const_data_ptr();
    const std::int64_t grain = rowsAThread(kReadBytes / weight.element_size(), n);
    at::parallel_for(0, weight.size(0), grain, [&](std::int64_t first, std::int64_t last) {
        if (narrow) {
            dotRowsBf16(static_cast<const std::uint16_t*>(w) + first * n, static_cast<const std::uint16_t*>(v),
                        out + first, last - first, n);
        } else {
            dotRows(static_cast<const float*>(w) + first * n, static_cast<const float*>(v), out + first, last - first, n);
        }
    });
    return y;
}

} // namespace luthier::nn::kernels::cpu
