// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cpu.h"

#include "core/nn/kernels/cpu_loops.h"
#include "core/nn/kernels/dot_rows.h"
#include "core/quant/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <vector>

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

template <class T>
RmsRows<T> rowsOf(const Rms& norm, const at::Tensor& x, std::int64_t first, std::int64_t last)
{
    const std::int64_t n = x.size(-1);
    return {static_cast<const T*>(x.const_data_ptr()) + first * n, static_cast<const T*>(norm.weight.const_data_ptr()), last - first, n,
            static_cast<float>(norm.eps), norm.plusOne ? 1.0f : 0.0f};
}

// work(T()) with the type that the tensor's numbers have in memory: fp32, or bfloat16's bits.
template <class Work>
void withNumbers(const at::Tensor& x, Work work)
{
    if (x.scalar_type() == at::kBFloat16) {
        work(std::uint16_t());
    } else {
        work(0.0f);
    }
}

} // namespace

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x)
{
    at::Tensor y = at::empty_like(x);
    const std::int64_t n = x.size(-1);
    withNumbers(x, [&]<class T>(T) {
        auto* out = static_cast<T*>(y.mutable_data_ptr());
        quant::parallelFor(0, x.numel() / n, rowsAThread(kCheapElements, n), [&](std::int64_t first, std::int64_t last) {
            rmsForwardRows(rowsOf<T>(norm, x, first, last), out + first * n);
        });
    });
    return y;
}

at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight)
{
    at::Tensor dx = at::empty_like(x);
    const std::int64_t n = x.size(-1);
    const at::Tensor sums = dWeight ? at::zeros({at::get_num_threads(), n}, x.options().dtype(at::kFloat)) : at::Tensor();
    float* sum = dWeight ? sums.mutable_data_ptr<float>() : nullptr;
    withNumbers(x, [&]<class T>(T) {
        const auto* g = static_cast<const T*>(dy.const_data_ptr());
        const auto* also = add.defined() ? static_cast<const T*>(add.const_data_ptr()) : nullptr;
        auto* out = static_cast<T*>(dx.mutable_data_ptr());
        quant::parallelFor(0, x.numel() / n, rowsAThread(kCheapElements, n), [&](std::int64_t first, std::int64_t last, std::int64_t part) {
            rmsBackwardRows(rowsOf<T>(norm, x, first, last), g + first * n, also ? also + first * n : nullptr, out + first * n,
                            sum ? sum + part * n : nullptr);
        });
    });
    if (dWeight) {
        *dWeight = sums.sum(0).to(x.scalar_type());
    }
    return dx;
}

bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign)
{
    const std::int64_t tokens = from.size(1);
    const std::int64_t heads = from.size(2);
    const std::int64_t half = cos.size(-1);
    const float* c = cos.const_data_ptr<float>();
    const float* s = sin.const_data_ptr<float>();
    const auto grain = rowsAThread(kCheapElements, heads * half);
    withNumbers(from, [&]<class T>(T) {
        const auto* source = static_cast<const T*>(from.const_data_ptr());
        auto* target = static_cast<T*>(to.mutable_data_ptr());
        quant::parallelFor(0, from.size(0) * tokens, grain, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const std::int64_t row = i / tokens;
                const std::int64_t token = i % tokens;
                rotateHeads(source + row * from.stride(0) + token * from.stride(1), from.stride(2),
                            target + row * to.stride(0) + token * to.stride(1), to.stride(2), heads, c + token * half,
                            s + token * half, half, static_cast<float>(sign));
            }
        });
    });
    return true;
}

at::Tensor gatedForward(bool silu, const at::Tensor& x)
{
    const std::int64_t n = x.size(1) / 2;
    at::Tensor y = at::empty({x.size(0), n}, x.options());
    withNumbers(x, [&]<class T>(T) {
        const auto* in = static_cast<const T*>(x.const_data_ptr());
        auto* out = static_cast<T*>(y.mutable_data_ptr());
        quant::parallelFor(0, x.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
            gatedForwardRows(in + first * 2 * n, out + first * n, last - first, n, silu);
        });
    });
    return y;
}

at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy)
{
    const std::int64_t n = x.size(1) / 2;
    at::Tensor dx = at::empty_like(x);
    withNumbers(x, [&]<class T>(T) {
        const auto* in = static_cast<const T*>(x.const_data_ptr());
        const auto* g = static_cast<const T*>(dy.const_data_ptr());
        auto* out = static_cast<T*>(dx.mutable_data_ptr());
        quant::parallelFor(0, x.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
            gatedBackwardRows(in + first * 2 * n, g + first * n, out + first * 2 * n, last - first, n, silu);
        });
    });
    return dx;
}

at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, double temperature,
                       bool gradient)
{
    const std::int64_t n = logits.size(1);
    at::Tensor losses = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
    float* out = losses.mutable_data_ptr<float>();
    const std::int64_t* target = targets.const_data_ptr<std::int64_t>();
    const float* weight = weights.defined() ? weights.const_data_ptr<float>() : nullptr;
    const auto inverse = static_cast<float>(1 / temperature);
    const bool narrow = logits.scalar_type() == at::kBFloat16;
    quant::parallelFor(0, logits.size(0), rowsAThread(kExpElements, n), [&](std::int64_t first, std::int64_t last) {
        std::vector<float> widened(static_cast<std::size_t>(narrow ? n : 0)); // a row: it stays in a core's cache
        for (std::int64_t row = first; row < last; ++row) {
            TORCH_CHECK_INDEX(target[row] < n, "target ", target[row], " lies outside the vocabulary of ", n);
            const LossTerms terms{weight ? weight[row] : 1.0f, inverse, gradient};
            if (!narrow) {
                out[row] = lossRow(logits.mutable_data_ptr<float>() + row * n, n, target[row], terms);
                continue;
            }
            auto* bits = static_cast<std::uint16_t*>(logits.mutable_data_ptr()) + row * n;
            widenRow(bits, n, widened.data());
            out[row] = lossRow(widened.data(), n, target[row], terms);
            if (gradient) {
                narrowRow(widened.data(), n, bits);
            }
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
    quant::parallelFor(0, weight.size(0), grain, [&](std::int64_t first, std::int64_t last) {
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
