// SPDX-License-Identifier: GPL-3.0-or-later
// Launches of low_rank.cu and gates.cu.
#include "core/nn/kernels/low_rank.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"
#include "core/nn/kernels/plain/low_arguments.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <c10/util/Exception.h>

#include <algorithm>

namespace luthier::nn::kernels {

namespace {

constexpr std::int64_t kRanks = 16; // multiplied at once

// Four values are read at once.
bool areQuartersOfLines(const at::Tensor& x)
{
    return x.stride(1) == 1 && x.stride(0) % 4 == 0 && reinterpret_cast<std::uintptr_t>(x.const_data_ptr()) % 8 == 0;
}

// shareOf() of gates.cu, whose tiles are of 8 rows and its blocks of 512 columns.
Share gateShareOf(std::int64_t rows, std::int64_t n)
{
    constexpr std::int64_t kColumns = 512;
    constexpr std::int64_t kRows = 8;
    constexpr std::int64_t kMost = 16;
    const std::int64_t across = (n + kColumns - 1) / kColumns;
    const std::int64_t all = (rows + kRows - 1) / kRows;
    const std::int64_t tiles = std::clamp<std::int64_t>(all * across / kBusyBlocks, 1, kMost);
    return {{across, (all + tiles - 1) / tiles, 256}, static_cast<int>(tiles)};
}

} // namespace

bool fitsLow(const at::Tensor& low, std::int64_t columns)
{
    return isFused() && low.is_cuda() && low.dim() == 2 && low.scalar_type() == at::kBFloat16 && low.size(1) > 0 && low.size(1) % kRanks == 0
           && areQuartersOfLines(low) && columns % kLowColumns == 0 && columns < (std::int64_t{1} << 28) && cuda::isReady(low.device());
}

bool fitsLow(const at::Tensor& x, const LowTerms& terms)
{
    const bool known = x.is_cuda() && x.dim() == 2 && x.size(0) > 0 && x.scalar_type() == at::kBFloat16 && x.is_contiguous()
                       && cuda::isAligned(x) && x.size(1) % kLowColumns == 0;
    const auto fits = [&](const LowTerm& term) {
        return !term.low.defined()
               || (term.low.size(0) == x.size(0) && fitsLow(term.low, term.b.size(0)) && term.b.size(1) == term.low.size(1)
                   && term.b.scalar_type() == x.scalar_type() && term.b.device() == x.device() && areQuartersOfLines(term.b));
    };
    return known && std::any_of(terms.begin(), terms.end(), [](const LowTerm& term) { return term.low.defined(); })
           && std::all_of(terms.begin(), terms.end(), fits);
}

at::Tensor gatedForwardLow(bool silu, const at::Tensor& x, const LowTerms& terms)
{
    const std::int64_t n = x.size(1) / 2;
    const at::Tensor y = at::empty({x.size(0), n}, x.options());
    const auto count = static_cast<long long>(x.size(0));
    const TermArgument gate = argumentOf(terms.at(0));
    const TermArgument up = argumentOf(terms.at(1));
    const Share share = gateShareOf(count, n);
    cuda::launch(cuda::Kernel::GatesForward, x.device(), share.grid, cuda::in(x), y.mutable_data_ptr(), count, static_cast<int>(n),
                 static_cast<int>(silu), share.tiles, gate, up);
    return y;
}

GatedGradients gatedBackwardLow(bool silu, const at::Tensor& x, const at::Tensor& dy, const LowTerms& terms, const LowBelow& below)
{
    const std::int64_t n = x.size(1) / 2;
    const at::Tensor above = dy.contiguous();
    GatedGradients gradients{at::empty_like(x), below.wantsProduct ? at::empty({x.size(0), n}, x.options()) : at::Tensor()};
    void* product = below.wantsProduct ? gradients.product.mutable_data_ptr() : nullptr;
    const auto count = static_cast<long long>(x.size(0));
    const TermArgument gate = argumentOf(terms.at(0));
    const TermArgument up = argumentOf(terms.at(1));
    const TermArgument under = argumentOf(below.term);
    const DropArgument drop = argumentOf(below.drop);
    constexpr std::int64_t kFactorBytes = 3 * 4 * 256 * 16; // of three updates
    Share share = gateShareOf(count, n);
    share.grid.sharedBytes = kFactorBytes;
    cuda::launch(cuda::Kernel::GatesBackward, x.device(), share.grid, cuda::in(x), cuda::in(above), gradients.x.mutable_data_ptr(), product, count,
                 static_cast<int>(n), static_cast<int>(silu), share.tiles, gate, up, under, drop);
    return gradients;
}

void addLow(const at::Tensor& y, const LowTerm& term, const at::Tensor& add, const LowDrop& drop)
{
    TORCH_CHECK(!add.defined() || (add.is_contiguous() && add.sizes() == y.sizes() && cuda::isAligned(add)), "what is added must be like what it is added to");
    const Share share = shareOf(y.size(0), y.size(1));
    cuda::launch(cuda::Kernel::AddLow, y.device(), share.grid, y.mutable_data_ptr(), cuda::in(add), static_cast<long long>(y.size(0)),
                 static_cast<int>(y.size(1)), share.tiles, argumentOf(term), argumentOf(drop));
}

bool turnsLow(const LowHeads& heads)
{
    const auto isTable = [&](const at::Tensor& x) {
        return x.defined() && x.dim() == 2 && x.is_contiguous() && cuda::isAligned(x) && x.scalar_type() == at::kFloat && 2 * x.size(1) == heads.dim;
    };
    return heads.dim % (2 * kLowColumns) == 0 && isTable(heads.cos) && isTable(heads.sin);
}

void turnLow(const at::Tensor& x, const LowTerms& terms, const LowHeads& heads)
{
    // A warp has two tiles beside each other.
    const Share share = shareOf(x.size(0), (heads.heads + 2 * heads.kvHeads) * heads.dim / 2);
    cuda::launch(cuda::Kernel::TurnLow, x.device(), share.grid, x.mutable_data_ptr(), cuda::in(heads.cos), cuda::in(heads.sin),
                 static_cast<long long>(x.size(0)), static_cast<int>(heads.cos.size(0)), static_cast<int>(heads.heads),
                 static_cast<int>(heads.kvHeads), static_cast<int>(heads.dim), share.tiles, argumentOf(terms.at(0)), argumentOf(terms.at(1)),
                 argumentOf(terms.at(2)));
}

} // namespace luthier::nn::kernels
