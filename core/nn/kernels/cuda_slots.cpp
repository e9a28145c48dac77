// SPDX-License-Identifier: GPL-3.0-or-later
// Launches of slots.cu and codes.cu.
#include "core/nn/kernels/answer_kernels.h"

#include "core/nn/kernels/cuda_codes.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>

namespace luthier::nn::kernels::cuda {

namespace {

void* out(const at::Tensor& x)
{
    return x.defined() ? x.mutable_data_ptr() : nullptr;
}

bool areHeads(const at::Tensor& x)
{
    return isAligned(x) && x.stride(0) % 8 == 0 && x.stride(1) % 8 == 0;
}

} // namespace

TablesArgument tablesOf(quant::CodeKind kind)
{
    TablesArgument tables;
    std::copy_n(quant::codeTable(kind).values.begin(), 16, tables.codes);
    std::copy_n(quant::dynamicMap().begin(), 256, tables.map);
    return tables;
}

std::optional<CodesArgument> codesOf(const quant::QuantisedWeight& weight)
{
    const bool fits = weight.columns % 64 == 0 && weight.blockSize % 64 == 0
                      && std::has_single_bit(static_cast<std::uint64_t>(weight.blockSize)) && isAligned(weight.codes)
                      && weight.columns < (std::int64_t{1} << 24) && weight.rows < (std::int64_t{1} << 24);
    if (!fits) {
        return std::nullopt;
    }
    return CodesArgument{in(weight.codes), in(weight.absmax), in(weight.nestedAbsmax), weight.offset,
                         std::countr_zero(static_cast<std::uint64_t>(weight.blockSize))};
}

at::Tensor codesProduct(const at::Tensor& x, const quant::QuantisedWeight& weight)
{
    constexpr std::int64_t kMostRows = 64;   // of x: more gain from numbers in memory
    constexpr std::int64_t kTile = 64;       // rows of the weight in a block
    constexpr std::int64_t kWide = 128;      // columns of a step
    constexpr std::int64_t kBlocks = 264;    // two for each core of an H200
    constexpr std::int64_t kThreads = 256;
    const std::int64_t count = x.size(0);
    const auto codes = codesOf(weight);
    const at::Tensor input = x.contiguous();
    if (!codes || count > kMostRows || weight.columns % kWide != 0 || !isAligned(input)) {
        return {};
    }
    const std::int64_t tiles = (weight.rows + kTile - 1) / kTile;
    const std::int64_t steps = weight.columns / kWide;
    const std::int64_t parts = std::clamp<std::int64_t>(kBlocks / tiles, 1, std::max<std::int64_t>(1, steps / 4));
    const at::Tensor sums = at::empty({parts, count, weight.rows}, x.options().dtype(at::kFloat));
    launch(Kernel::CodesProduct, x.device(), {tiles, parts, 128}, *codes, tablesOf(weight.kind), in(input), out(sums),
           static_cast<int>(weight.rows), static_cast<int>(weight.columns), static_cast<int>(count));
    const at::Tensor y = at::empty({count, weight.rows}, x.options());
    launch(Kernel::CodesSum, x.device(), {(y.numel() + kThreads - 1) / kThreads, 1, kThreads}, in(sums), out(y),
           static_cast<int>(parts), static_cast<int>(y.numel()));
    return y;
}

at::Tensor slotAttention(const SlotQuery& query)
{
    constexpr std::int64_t kWarps = 8;
    constexpr std::int64_t kMostWarps = 16;
    const std::int64_t dim = query.q.size(2);
    const std::int64_t kvHeads = query.k.size(1);
    const std::int64_t group = query.q.size(1) / kvHeads;
    const bool known = std::has_single_bit(static_cast<std::uint64_t>(dim)) && dim >= 16 && dim <= 256;
    if (!known || group > kMostWarps || !areHeads(query.q) || !areHeads(query.k) || !areHeads(query.v)
        || query.q.size(0) > 65535) {
        return {};
    }
    // A share is a warp; at least as many threads as write the key and the value.
    const std::int64_t shares = std::max<std::int64_t>({1, kWarps / group, group == 1 ? 2 : 1});
    const auto stride = [](const at::Tensor& x, std::int64_t i) { return static_cast<long long>(x.stride(i)); };
    const at::Tensor y = at::empty({query.q.size(0), query.q.size(1) * dim}, query.q.options());
    launch(Kernel::SlotAttention, query.q.device(), {kvHeads, query.q.size(0), 32 * group * shares}, in(query.q),
           stride(query.q, 0), stride(query.q, 1), in(query.k), stride(query.k, 0), stride(query.k, 1), in(query.v),
           stride(query.v, 0), stride(query.v, 1), out(query.keys), out(query.values), out(y), in(query.slots),
           in(query.lengths), static_cast<int>(group), static_cast<int>(dim), static_cast<long long>(query.keys.size(2)),
           static_cast<long long>(query.window), static_cast<float>(query.scale), static_cast<float>(query.softcap));
    return y;
}

bool pickTokens(const TokenPick& pick)
{
    if (pick.logits.size(1) >= (std::int64_t{1} << 30)) {
        return false;
    }
    launch(Kernel::PickTokens, pick.logits.device(), {pick.logits.size(0), 1, 1024}, in(pick.logits),
           static_cast<int>(pick.logits.size(1)), in(pick.slots), in(pick.active), in(pick.settings), in(pick.seeds),
           out(pick.draws), out(pick.seen), out(pick.ids), out(pick.picked), out(pick.logProbs), out(pick.lengths));
    return true;
}

} // namespace luthier::nn::kernels::cuda
