// SPDX-License-Identifier: GPL-3.0-or-later
// One token through all layers on a CUDA card: by one kernel for all of them where that knows the plan (token_kernel.h), or by six
// kernels a layer, recorded once for an answer and played for each of its tokens, since starting them one by one takes the host
// longer than the card computes. Only in builds with CUDA.
#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_codes.h"
#include "core/nn/kernels/cuda_graph.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/row/token_kernel.h"
#include "core/nn/row/walker.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <utility>

namespace luthier::nn::row {

namespace {

using kernels::cuda::Grid;
using kernels::cuda::Kernel;

constexpr std::int64_t kThreads = 256;
constexpr std::int64_t kWarps = kThreads / 32;
constexpr std::int64_t kAttentionThreads = 512;
constexpr std::int64_t kMostBlocks = 528; // that compute a norm each: four for each core of an H100
constexpr std::int64_t kManyRows = 4096;   // fewer are shared by warps
constexpr std::int64_t kShare = 4;
constexpr std::int64_t kMostNormed = 8192; // numbers of h that a block has room for
constexpr std::int64_t kMostEarly = 2560;

std::int64_t blocksFor(std::int64_t items, std::int64_t each)
{
    return (items + each - 1) / each;
}

const void* orNull(const Numbers& numbers)
{
    return numbers.data;
}

bool isNarrow(const RowNorm& norm)
{
    return !norm.exists() || norm.weight.isNarrow;
}

bool isNarrow(const RowLinear& linear)
{
    const bool weight = linear.isQuantised()
                            ? std::all_of(linear.quantised.begin(), linear.quantised.end(),
                                          [](const RowCodes& each) { return kernels::cuda::codesOf(*each.weight).has_value(); })
                            : linear.weight.isNarrow && linear.in % 8 == 0;
    return weight && (!linear.bias.data || linear.bias.isNarrow);
}

class RowCard : public Walker {
public:
    explicit RowCard(at::Device device) : m_device(device), m_whole(device) {}

    bool fits(const RowPlan& plan) const override
    {
        const bool known = plan.dim == 64 || plan.dim == 128 || plan.dim == 256;
        return known && !plan.wholeNorm && std::all_of(plan.layers.begin(), plan.layers.end(), [](const RowLayer& layer) {
            const std::array norms{&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.attentionNorm,
                                   &layer.mlpNorm, &layer.outputNorm};
            const std::array linears{&layer.qkv, &layer.output, &layer.gateUp, &layer.down};
            return layer.keys.isNarrow && layer.values.isNarrow
                   && std::all_of(norms.begin(), norms.end(), [](const RowNorm* norm) { return isNarrow(*norm); })
                   && std::all_of(linears.begin(), linears.end(), [](const RowLinear* each) { return isNarrow(*each); });
        });
    }

    void run(const RowPlan& plan, const at::Tensor& h) override
    {
        if (m_whole.fits(plan)) {
            m_whole.run(plan, h.mutable_data_ptr<float>());
            return;
        }
        prepare(plan);
        m_residual.narrow(0, 0, plan.hidden).copy_(h.flatten());
        kernels::cuda::launch(Kernel::RowPlace, m_device, Grid{1, 1, 1}, m_place.mutable_data_ptr(), static_cast<long long>(plan.position));
        m_recorded.position = plan.position;
        if (!m_graph.exists() || !(m_recorded == plan)) {
            m_recorded = plan;
            m_graph.record(m_device, [&] { queue(plan); });
        }
        m_graph.play(m_device);
        h.flatten().copy_(m_residual.narrow(0, 0, plan.hidden));
    }

private:
    // Each begins early but the first, which finds no kernel before it; of a large model none does, whose kernels then are in each
    // other's way: an answer of 1B (2,048 wide) takes 0.92 of the time, one of 8B (4,096) 1.3 times.
    template <class... Arguments>
    void queueOne(Kernel kernel, Grid grid, Arguments... arguments)
    {
        grid.early = std::exchange(m_begun, true) && m_small;
        kernels::cuda::launch(kernel, m_device, grid, arguments...);
    }

    void queue(const RowPlan& plan)
    {
        m_begun = false;
        m_small = plan.hidden <= kMostEarly;
        for (const RowLayer& layer : plan.layers) {
            attention(plan, layer);
            mlp(plan, layer);
        }
    }

    // Memory in between, made anew only when a larger plan comes.
    void prepare(const RowPlan& plan)
    {
        const std::int64_t mixed = plan.heads * plan.dim;
        const std::int64_t projected = mixed + 2 * plan.kvHeads * plan.dim;
        const std::int64_t widest = std::max({plan.hidden, mixed, plan.intermediate});
        const auto wide = at::TensorOptions().device(m_device).dtype(at::kFloat);
        const auto make = [](at::Tensor& tensor, std::int64_t size, const at::TensorOptions& options) {
            if (!tensor.defined() || tensor.numel() < size) {
                tensor = at::empty({size}, options);
            }
        };
        make(m_input, widest, wide.dtype(at::kBFloat16));
        make(m_inner, widest, wide.dtype(at::kBFloat16));
        make(m_output, std::max(projected, 2 * plan.intermediate), wide);
        make(m_branch, plan.hidden, wide);
        make(m_low, plan.largestRank(), wide);
        make(m_residual, plan.hidden, wide);
        make(m_place, 1, wide.dtype(at::kLong));
        m_h = m_residual.mutable_data_ptr<float>();
    }

    // The next product's input: the norm of h, or of the branch added to h.
    void norm(const RowNorm& norm, const float* from, std::int64_t n, float* sum)
    {
        queueOne(Kernel::RowNorm, Grid{1, 1, std::min<std::int64_t>(1024, blocksFor(n, 32) * 32)}, from,
               orNull(norm.weight), m_input.mutable_data_ptr(), sum, static_cast<int>(n), norm.eps, norm.shift);
    }

    // From the codes, up to three slices at a time.
    void codesProduct(const RowLinear& linear, float* y, bool add)
    {
        // As codes.cu has it.
        struct CodesBelow {
            kernels::cuda::CodesArgument of[3];
            int ends[3];
        };
        const auto& slices = linear.quantised;
        for (std::size_t first = 0; first < slices.size();) {
            CodesBelow all{};
            std::int64_t rows = 0;
            std::size_t count = 0;
            while (count < 3 && first + count < slices.size() && slices[first + count].weight->kind == slices[first].weight->kind) {
                const RowCodes& each = slices[first + count];
                rows += each.weight->rows;
                all.of[count] = *kernels::cuda::codesOf(*each.weight);
                all.ends[count++] = static_cast<int>(rows);
            }
            std::fill(all.ends + count, all.ends + 3, static_cast<int>(rows));
            const std::int64_t share = rows < kManyRows ? kShare : 1;
            const std::int64_t begin = slices[first].begin;
            const void* bias = linear.bias.data ? linear.bias.from(begin) : nullptr;
            queueOne(Kernel::RowCodesProduct, Grid{blocksFor(rows * share, kWarps), 1, kThreads}, all,
                     kernels::cuda::tablesOf(slices[first].weight->kind), m_input.const_data_ptr(), bias, y + begin, static_cast<int>(rows),
                     static_cast<int>(linear.in), static_cast<int>(add), static_cast<int>(share));
            first += count;
        }
    }

    void product(const RowLinear& linear, float* y, bool add)
    {
        if (linear.isQuantised()) {
            codesProduct(linear, y, add);
            update(linear, y);
            return;
        }
        const std::int64_t share = linear.out < kManyRows ? kShare : 1;
        queueOne(Kernel::RowProduct, Grid{blocksFor(linear.out * share, kWarps), 1, kThreads},
               linear.weight.data, m_input.const_data_ptr(), orNull(linear.bias), y, static_cast<int>(linear.out),
               static_cast<int>(linear.in), static_cast<int>(add), static_cast<int>(share));
        update(linear, y);
    }

    // The same of the norm of h, in one kernel where it fits.
    void normedProduct(const RowNorm& of, const RowLinear& linear, float* y)
    {
        if (!of.exists() || linear.in > kMostNormed || linear.isQuantised()) {
            norm(of, m_h, linear.in, nullptr);
            product(linear, y, false);
            return;
        }
        const std::int64_t blocks = std::min(kMostBlocks, blocksFor(linear.out, kWarps));
        queueOne(Kernel::RowNormedProduct, Grid{blocks, 1, kThreads},
               static_cast<const float*>(m_h), of.weight.data, of.eps, of.shift, m_input.mutable_data_ptr(),
               linear.weight.data, orNull(linear.bias), y, static_cast<int>(linear.out), static_cast<int>(linear.in));
        update(linear, y);
    }

    void update(const RowLinear& linear, float* y)
    {
        const void* x = m_input.const_data_ptr();
        auto* low = m_low.mutable_data_ptr<float>();
        for (const RowUpdate& update : linear.updates) {
            const auto rank = static_cast<int>(update.rank);
            queueOne(Kernel::RowLow, Grid{blocksFor(rank, kWarps), 1, kThreads}, update.a.data,
                   static_cast<int>(update.a.isNarrow), x, low, rank, static_cast<int>(linear.in));
            queueOne(Kernel::RowRaise, Grid{blocksFor(update.size, kThreads), 1, kThreads}, update.b.data,
                   static_cast<int>(update.b.isNarrow), low, y + update.begin, static_cast<int>(update.size), rank,
                   update.scale);
        }
    }

    // h += the branch's product, behind its norm where there is one.
    void finishBranch(const RowLinear& linear, const RowNorm& after)
    {
        if (!after.exists()) {
            product(linear, m_h, true);
            return;
        }
        auto* branch = m_branch.mutable_data_ptr<float>();
        product(linear, branch, false);
        norm(after, branch, linear.out, m_h);
    }

    void attention(const RowPlan& plan, const RowLayer& layer)
    {
        auto* qkv = m_output.mutable_data_ptr<float>();
        normedProduct(layer.inputNorm, layer.qkv, qkv);
        const auto heads = static_cast<int>(plan.heads);
        const auto kvHeads = static_cast<int>(plan.kvHeads);
        const auto dim = static_cast<int>(plan.dim);
        const float shift = std::max(layer.queryNorm.shift, layer.keyNorm.shift);
        queueOne(Kernel::RowHeads, Grid{plan.heads + 2 * plan.kvHeads, 1, blocksFor(plan.dim, 32) * 32}, qkv,
               orNull(layer.queryNorm.weight), orNull(layer.keyNorm.weight), layer.queryNorm.eps, layer.keyNorm.eps,
               shift, layer.cos, layer.sin, orNull(layer.keys), orNull(layer.values), heads, kvHeads, dim,
               static_cast<int>(plan.half), static_cast<long long>(plan.capacity), m_place.const_data_ptr());
        queueOne(Kernel::RowAttention, Grid{plan.heads, 1, kAttentionThreads}, static_cast<const float*>(qkv),
               orNull(layer.keys), orNull(layer.values), m_input.mutable_data_ptr(), heads / kvHeads, dim, static_cast<long long>(plan.capacity), m_place.const_data_ptr(),
               static_cast<long long>(layer.window), plan.scale, plan.cap);
        finishBranch(layer.output, layer.attentionNorm);
    }

    void mlp(const RowPlan& plan, const RowLayer& layer)
    {
        const RowLinear& gateUp = layer.gateUp;
        const auto size = static_cast<int>(plan.intermediate);
        const auto silu = static_cast<int>(plan.silu);
        if (layer.mlpNorm.exists() && gateUp.updates.empty() && gateUp.in <= kMostNormed && !gateUp.isQuantised()) {
            const std::int64_t blocks = std::min(kMostBlocks, blocksFor(size, kWarps));
            queueOne(Kernel::RowGatedProduct, Grid{blocks, 1, kThreads}, static_cast<const float*>(m_h),
                   layer.mlpNorm.weight.data, layer.mlpNorm.eps, layer.mlpNorm.shift, m_input.mutable_data_ptr(),
                   gateUp.weight.data, orNull(gateUp.bias), m_inner.mutable_data_ptr(), size,
                   static_cast<int>(gateUp.in), silu);
        } else {
            auto* both = m_output.mutable_data_ptr<float>();
            normedProduct(layer.mlpNorm, gateUp, both);
            queueOne(Kernel::RowGate, Grid{blocksFor(size, kThreads), 1, kThreads},
                   static_cast<const float*>(both), m_inner.mutable_data_ptr(), size, silu);
        }
        std::swap(m_input, m_inner);
        finishBranch(layer.down, layer.outputNorm);
        std::swap(m_input, m_inner);
    }

    at::Device m_device;
    TokenKernel m_whole;
    bool m_begun = false; // a kernel is queued
    bool m_small = false; // the plan's model
    kernels::cuda::Graph m_graph;
    RowPlan m_recorded;    // what the graph holds
    float* m_h = nullptr;
    at::Tensor m_residual; // h
    at::Tensor m_place;    // the position, where the graph's kernels read it
    at::Tensor m_input;  // of the next product
    at::Tensor m_inner;  // of down, where the input of gate and up was still read
    at::Tensor m_output; // of q, k, v; of gate and up
    at::Tensor m_branch;
    at::Tensor m_low;
};

} // namespace

std::unique_ptr<Walker> makeCardWalker(at::Device device)
{
    return kernels::cuda::isReady(device) ? std::make_unique<RowCard>(device) : nullptr;
}

} // namespace luthier::nn::row
