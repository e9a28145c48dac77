// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cuda.h"

#include "core/nn/kernels/cuda_codes.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"
#include "core/nn/kernels/dropout.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace luthier::nn::kernels::cuda {

namespace {

constexpr std::int64_t kVector = 8; // values read at once
constexpr std::int64_t kMostBlocks = std::numeric_limits<std::int32_t>::max();

bool areRows(std::int64_t rows, std::int64_t n)
{
    return n % kVector == 0 && n < (std::int64_t{1} << 28) && rows <= kMostBlocks;
}

// A thread for every vector of a row, in whole warps.
std::int64_t threadsFor(std::int64_t n, std::int64_t most)
{
    return std::clamp<std::int64_t>((n / kVector + 31) / 32 * 32, 32, most);
}

// As blocks.cu takes it.
struct Draw {
    unsigned long long seed;
    unsigned long long place;
    const std::int64_t* seedAt;
};

Draw drawOf(const DropoutDraw& draw)
{
    return {draw.seed, draw.place, draw.seedAt.defined() ? draw.seedAt.const_data_ptr<std::int64_t>() : nullptr};
}

// A thread for eight values.
Grid gridOfEights(std::int64_t count)
{
    constexpr std::int64_t kThreads = 256;
    return {((count + kVector - 1) / kVector + kThreads - 1) / kThreads, 1, kThreads};
}

void launchDropout(Kernel kernel, const at::Tensor& x, const at::Tensor& target, const DropoutDraw& draw, double p)
{
    launch(kernel, x.device(), gridOfEights(x.numel()), in(x), target.mutable_data_ptr(),
           static_cast<long long>(x.numel()), drawOf(draw), dropoutLimit(p), static_cast<float>(1 / (1 - p)));
}

// Codes of rows of n: those of a result that a kernel gives in passing. Sixteens are read at once where they multiply.
std::optional<Fp8Rows> rowsFor(Fp8Rows* wanted, const at::Tensor& like, std::int64_t rows, std::int64_t n)
{
    if (!wanted || n % 16 != 0) {
        return std::nullopt;
    }
    return Fp8Rows{at::empty({rows, n}, like.options().dtype(at::kFloat8_e4m3fn)), at::empty({rows, 1}, like.options().dtype(at::kFloat))};
}

// How a block of loss.cu holds a row of n logits.
constexpr std::int64_t kLineBytes = 16;
struct HeldRow {
    std::int64_t threads;
    std::int64_t sharedLines; // of each thread
};
std::optional<HeldRow> heldRowOf(std::int64_t n, std::int64_t sharedBytes)
{
    constexpr std::int64_t kInRegisters = 6; // lines of a thread
    constexpr std::int64_t kOwnBytes = 1024; // what the kernel has besides
    const std::int64_t lines = n / kVector;
    if (n % kVector != 0 || sharedBytes == 0 || lines < 512) {
        return std::nullopt;
    }
    const bool two = 2 * (lines * kLineBytes + 512 * kLineBytes + 2 * kOwnBytes) <= sharedBytes; // on a multiprocessor
    const std::int64_t threads = two ? 512 : 1024;
    const std::int64_t each = (lines + threads - 1) / threads;
    const std::int64_t shared = std::min(each, (sharedBytes - kOwnBytes) / (threads * kLineBytes));
    return each - shared <= kInRegisters ? std::optional(HeldRow{threads, shared}) : std::nullopt;
}

bool fitsHeads(const at::Tensor& x)
{
    return isAligned(x) && x.stride(0) % kVector == 0 && x.stride(1) % kVector == 0 && x.stride(2) % kVector == 0;
}

} // namespace

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x, Fp8Rows* wanted)
{
    const std::int64_t n = x.size(-1);
    const std::int64_t rows = x.numel() / n;
    if (!areRows(rows, n) || !isAligned(x) || !isAligned(norm.weight)) {
        return {};
    }
    const at::Tensor y = at::empty_like(x);
    if (const auto codes = rowsFor(wanted, x, rows, n)) {
        launch(Kernel::RmsForwardFp8, x.device(), {rows, 1, threadsFor(n, 512)}, in(x), in(norm.weight), y.mutable_data_ptr(),
               codes->codes.mutable_data_ptr(), codes->scales.mutable_data_ptr(), static_cast<int>(n), static_cast<float>(norm.eps),
               static_cast<int>(norm.plusOne));
        *wanted = *codes;
        return y;
    }
    launch(Kernel::RmsForward, x.device(), {rows, 1, threadsFor(n, 512)}, in(x), in(norm.weight), y.mutable_data_ptr(),
           static_cast<int>(n), static_cast<float>(norm.eps), static_cast<int>(norm.plusOne));
    return y;
}

at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add, Fp8Rows* wanted)
{
    const std::int64_t n = x.size(-1);
    const std::int64_t rows = x.numel() / n;
    if (!areRows(rows, n) || !isAligned(x) || !isAligned(norm.weight) || !isAligned(dy) || !isAligned(add)) {
        return {};
    }
    const at::Tensor dx = at::empty_like(x);
    if (const auto codes = rowsFor(wanted, x, rows, n)) {
        launch(Kernel::RmsBackwardFp8, x.device(), {rows, 1, threadsFor(n, 512)}, in(x), in(norm.weight), in(dy), in(add),
               dx.mutable_data_ptr(), codes->codes.mutable_data_ptr(), codes->scales.mutable_data_ptr(), static_cast<int>(n),
               static_cast<float>(norm.eps), static_cast<int>(norm.plusOne));
        *wanted = *codes;
        return dx;
    }
    launch(Kernel::RmsBackward, x.device(), {rows, 1, threadsFor(n, 512)}, in(x), in(norm.weight), in(dy), in(add),
           dx.mutable_data_ptr(), static_cast<int>(n), static_cast<float>(norm.eps), static_cast<int>(norm.plusOne));
    return dx;
}

bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign)
{
    const std::int64_t half = cos.size(-1);
    const std::int64_t blocks = from.size(0) * from.size(1);
    if (half % kVector != 0 || !fitsHeads(from) || !fitsHeads(to) || !isAligned(cos) || !isAligned(sin)
        || blocks > kMostBlocks) {
        return false;
    }
    const auto stride = [](const at::Tensor& x, std::int64_t i) { return static_cast<long long>(x.stride(i)); };
    launch(Kernel::Rotate, to.device(), {blocks, 1, threadsFor(from.size(2) * half, 256)}, in(from), stride(from, 0),
           stride(from, 1), stride(from, 2), to.mutable_data_ptr(), stride(to, 0), stride(to, 1), stride(to, 2), in(cos),
           in(sin), static_cast<int>(from.size(1)), static_cast<int>(from.size(2)), static_cast<int>(half),
           static_cast<float>(sign));
    return true;
}

at::Tensor gatedForward(bool silu, const at::Tensor& x, Fp8Rows* wanted)
{
    const std::int64_t n = x.size(1) / 2;
    if (!areRows(x.size(0), n) || !isAligned(x)) {
        return {};
    }
    const at::Tensor y = at::empty({x.size(0), n}, x.options());
    if (const auto codes = rowsFor(wanted, x, x.size(0), n)) {
        launch(Kernel::GatedForwardFp8, x.device(), {x.size(0), 1, threadsFor(n, 512)}, in(x), y.mutable_data_ptr(),
               codes->codes.mutable_data_ptr(), codes->scales.mutable_data_ptr(), static_cast<int>(n), static_cast<int>(silu));
        *wanted = *codes;
        return y;
    }
    const std::int64_t threads = threadsFor(n, 256);
    const std::int64_t parts = (n / kVector + threads - 1) / threads;
    launch(Kernel::GatedForward, x.device(), {x.size(0), parts, threads}, in(x), y.mutable_data_ptr(),
           static_cast<int>(n), static_cast<int>(silu));
    return y;
}

at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy, Fp8Rows* wanted)
{
    const std::int64_t n = x.size(1) / 2;
    if (!areRows(x.size(0), n) || !isAligned(x) || !isAligned(dy)) {
        return {};
    }
    const at::Tensor dx = at::empty_like(x);
    if (const auto codes = rowsFor(wanted, x, x.size(0), 2 * n)) {
        launch(Kernel::GatedBackwardFp8, x.device(), {x.size(0), 1, threadsFor(n, 512)}, in(x), in(dy), dx.mutable_data_ptr(),
               codes->codes.mutable_data_ptr(), codes->scales.mutable_data_ptr(), static_cast<int>(n), static_cast<int>(silu));
        *wanted = *codes;
        return dx;
    }
    const std::int64_t threads = threadsFor(n, 256);
    const std::int64_t parts = (n / kVector + threads - 1) / threads;
    launch(Kernel::GatedBackward, x.device(), {x.size(0), parts, threads}, in(x), in(dy), dx.mutable_data_ptr(),
           static_cast<int>(n), static_cast<int>(silu));
    return dx;
}

Fp8Rows fp8Rows(const at::Tensor& x)
{
    const std::int64_t n = x.size(1);
    Fp8Rows made;
    const auto codes = areRows(x.size(0), n) && isAligned(x) ? rowsFor(&made, x, x.size(0), n) : std::nullopt;
    if (!codes) {
        return {};
    }
    launch(Kernel::Fp8Rows, x.device(), {x.size(0), 1, threadsFor(n, 512)}, in(x), codes->codes.mutable_data_ptr(),
           codes->scales.mutable_data_ptr(), static_cast<int>(n));
    return *codes;
}

bool gatherHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out, const at::Tensor& cos,
                 const at::Tensor& sin, Fp8Rows* wanted)
{
    // As fp8.cu takes it.
    struct HeadRows {
        const void* at;
        long long row;
        long long head;
        long long token;
    };
    const auto of = [](const at::Tensor& x) {
        return HeadRows{x.const_data_ptr(), static_cast<long long>(x.stride(0)), static_cast<long long>(x.stride(1)),
                        static_cast<long long>(x.stride(2))};
    };
    const std::int64_t dim = q.size(3);
    const std::int64_t half = cos.defined() ? cos.size(1) : 0;
    const std::int64_t n = out.size(1);
    if (dim % kVector != 0 || half % kVector != 0 || !areRows(out.size(0), n) || !fitsHeads(q) || !fitsHeads(k) || !fitsHeads(v)
        || !isAligned(out)) {
        return false;
    }
    const auto codes = rowsFor(wanted, out, out.size(0), n);
    launch(Kernel::GatherHeads, out.device(), {out.size(0), 1, threadsFor(n, 512)}, of(q), of(k), of(v), out.mutable_data_ptr(),
           in(cos), in(sin), codes ? codes->codes.mutable_data_ptr() : nullptr,
           codes ? codes->scales.mutable_data_ptr() : nullptr, static_cast<int>(q.size(2)), static_cast<int>(q.size(1)),
           static_cast<int>(k.size(1)), static_cast<int>(dim), static_cast<int>(half));
    if (codes) {
        *wanted = *codes;
    }
    return true;
}

bool kept(const DropoutDraw& draw, const at::Tensor& out, double p)
{
    launch(Kernel::Kept, out.device(), gridOfEights(out.numel()), out.mutable_data_ptr(),
           static_cast<long long>(out.numel()), drawOf(draw), dropoutLimit(p));
    return true;
}

bool knowsDropout(const at::Tensor& x)
{
    return x.numel() % kVector == 0 && isAligned(x);
}

at::Tensor dropped(const at::Tensor& x, const DropoutDraw& draw, double p)
{
    const at::Tensor y = at::empty_like(x);
    launchDropout(Kernel::Dropped, x, y, draw, p);
    return y;
}

void addDropped(const at::Tensor& target, const at::Tensor& x, const DropoutDraw& draw, double p)
{
    TORCH_CHECK(target.is_contiguous() && target.sizes() == x.sizes(), "dropout: shapes differ");
    launchDropout(Kernel::AddDropped, x, target, draw, p);
}

at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight)
{
    constexpr std::int64_t kThreads = 256;
    const std::int64_t rows = weight.size(0);
    const at::Tensor input = x.contiguous();
    if (!areRows(rows, weight.size(1)) || !isAligned(input) || !isAligned(weight)) {
        return {};
    }
    const at::Tensor y = at::empty({1, rows}, x.options().dtype(at::kFloat));
    launch(Kernel::RowProduct, x.device(), {(rows * 32 + kThreads - 1) / kThreads, 1, kThreads}, in(weight), in(input),
           static_cast<const void*>(nullptr), y.mutable_data_ptr<float>(), static_cast<int>(rows),
           static_cast<int>(weight.size(1)), 0, 1);
    return y;
}

bool dequantise(const quant::QuantisedWeight& weight, const at::Tensor& out)
{
    constexpr std::int64_t kEach = 16; // numbers of a thread: within one block
    constexpr std::int64_t kThreads = 256;
    const std::int64_t elements = weight.elements();
    const bool fits = elements % kEach == 0 && std::has_single_bit(static_cast<std::uint64_t>(weight.blockSize))
                      && isAligned(out) && isAligned(weight.codes);
    if (!fits) {
        return false;
    }
    const auto shift = std::countr_zero(static_cast<std::uint64_t>(weight.blockSize));
    launch(Kernel::Dequantise, out.device(), {(elements / kEach + kThreads - 1) / kThreads, 1, kThreads},
           in(weight.codes), in(weight.absmax), in(weight.nestedAbsmax), weight.offset, tablesOf(weight.kind), out.mutable_data_ptr(),
           static_cast<long long>(elements), static_cast<int>(shift));
    return true;
}

at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, const TokenLosses& of)
{
    const std::int64_t n = logits.size(1);
    const std::int64_t stride = logits.stride(0);
    if (!areRows(logits.size(0), stride) || !isAligned(logits)) {
        return {};
    }
    const at::Tensor losses = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
    if (const auto held = heldRowOf(n, roomOf(logits.device()).sharedBytes); held && of.softcap == 0) {
        launch(Kernel::LossRowsHeld, logits.device(), {logits.size(0), 1, held->threads, false, false, held->sharedLines * held->threads * kLineBytes},
               logits.mutable_data_ptr(), in(targets), in(weights), losses.mutable_data_ptr(), static_cast<int>(n), static_cast<int>(stride),
               static_cast<float>(1 / of.temperature), static_cast<int>(of.gradient), static_cast<int>(held->sharedLines));
        return losses;
    }
    launch(Kernel::LossRows, logits.device(), {logits.size(0), 1, threadsFor(stride, 1024)}, logits.mutable_data_ptr(),
           in(targets), in(weights), losses.mutable_data_ptr(), static_cast<int>(n), static_cast<int>(stride),
           static_cast<float>(of.softcap), static_cast<float>(1 / of.temperature), static_cast<int>(of.gradient));
    return losses;
}

} // namespace luthier::nn::kernels::cuda
