// SPDX-License-Identifier: GPL-3.0-or-later
// Launches of many.cu.
#include "core/nn/kernels/many.h"

#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/cuda_module.h"
#include "core/nn/kernels/cuda_pointers.h"
#include "core/nn/kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace luthier::nn::kernels {

namespace {

// As many.cu has them.
struct Piece {
    const void* from;
    void* to;
    int rows;
    int columns;
    int fromStride;
    int toStride;
};
constexpr std::size_t kTogether = 96;
struct Pieces {
    Piece of[kTogether];
};

struct Layout {
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t stride;
};

// Nothing: there are gaps within its rows.
std::optional<Layout> layoutOf(const at::Tensor& x)
{
    if (x.is_contiguous()) {
        return Layout{1, x.numel(), x.numel()};
    }
    return x.dim() == 2 && x.stride(1) == 1 ? std::optional(Layout{x.size(0), x.size(1), x.stride(0)}) : std::nullopt;
}

// The same rows on both sides.
std::optional<Piece> pieceOf(const at::Tensor& target, const at::Tensor& source)
{
    const auto to = layoutOf(target);
    const auto from = layoutOf(source);
    const bool fits = to && from && target.sizes() == source.sizes() && target.numel() < std::numeric_limits<std::int32_t>::max();
    if (!fits) {
        return std::nullopt;
    }
    const bool isOne = to->rows == 1 && from->rows == 1;
    const auto columns = isOne ? target.numel() : target.size(1);
    const auto rows = isOne ? 1 : target.size(0);
    const auto strideOf = [&](const Layout& layout) { return layout.rows == rows ? layout.stride : columns; };
    const std::int64_t last = std::max(strideOf(*to), strideOf(*from));
    if (last > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    return Piece{source.const_data_ptr(), target.mutable_data_ptr(), static_cast<int>(rows), static_cast<int>(columns),
                 static_cast<int>(strideOf(*from)), static_cast<int>(strideOf(*to))};
}

bool launchMany(cuda::Kernel kernel, const std::vector<at::Tensor>& targets, at::ScalarType to, const std::vector<at::Tensor>& sources)
{
    if (!isFused() || targets.empty() || !targets.front().is_cuda() || !cuda::isReady(targets.front().device())) {
        return false;
    }
    const at::Device device = targets.front().device();
    const at::ScalarType from = sources.front().scalar_type();
    std::vector<Piece> all;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const bool known = targets[i].device() == device && sources[i].device() == device && targets[i].scalar_type() == to
                           && sources[i].scalar_type() == from && (from == at::kFloat || from == at::kBFloat16);
        const auto piece = known ? pieceOf(targets[i], sources[i]) : std::nullopt;
        if (!piece) {
            return false;
        }
        all.push_back(*piece);
    }
    std::erase_if(all, [](const Piece& piece) { return piece.rows == 0 || piece.columns == 0; });
    for (std::size_t first = 0; first < all.size(); first += kTogether) {
        constexpr std::int64_t kThreads = 256;
        constexpr std::int64_t kEach = 4; // values of a thread
        constexpr std::int64_t kMostShares = 64;
        Pieces pieces{};
        const std::size_t count = std::min(kTogether, all.size() - first);
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(first), count, pieces.of);
        std::int64_t most = 0;
        for (std::size_t i = 0; i < count; ++i) {
            most = std::max(most, std::int64_t{pieces.of[i].rows} * pieces.of[i].columns);
        }
        const std::int64_t shares = std::clamp<std::int64_t>(most / (kThreads * kEach), 1, kMostShares);
        cuda::launch(kernel, device, {shares, static_cast<std::int64_t>(count), kThreads}, pieces, static_cast<int>(from == at::kBFloat16));
    }
    return true;
}

// As many.cu has them.
struct AdamWPiece {
    void* parameter;
    const void* gradient;
    void* mean;
    void* square;
    void* leaf;
    int count;
    int kind;
};
constexpr std::size_t kStepsTogether = 80;
struct AdamWPieces {
    AdamWPiece of[kStepsTogether];
};
struct AdamWArgument {
    float rate;
    float decayed;
    float beta1;
    float beta2;
    float epsilon;
    float log1;
    float log2;
};
constexpr int kNarrow = 1;
constexpr int kByFour = 2;

// Nothing: there is no kernel for it.
std::optional<AdamWPiece> stepOf(const AdamWTensors& tensors, std::size_t i)
{
    const at::Tensor& parameter = tensors.parameters[i];
    const at::Tensor& gradient = tensors.gradients[i];
    const at::Tensor& leaf = tensors.leaves[i];
    const auto isLike = [&](const at::Tensor& x, at::ScalarType type) {
        return x.scalar_type() == type && x.device() == parameter.device() && x.is_contiguous() && x.numel() == parameter.numel();
    };
    const bool isNarrow = gradient.scalar_type() == at::kBFloat16;
    const bool fits = isLike(parameter, at::kFloat) && isLike(tensors.means[i], at::kFloat) && isLike(tensors.squares[i], at::kFloat)
                      && isLike(gradient, isNarrow ? at::kBFloat16 : at::kFloat) && (!leaf.defined() || isLike(leaf, at::kBFloat16))
                      && parameter.numel() < std::numeric_limits<std::int32_t>::max();
    if (!fits) {
        return std::nullopt;
    }
    AdamWPiece piece{parameter.mutable_data_ptr(), gradient.const_data_ptr(), tensors.means[i].mutable_data_ptr(), tensors.squares[i].mutable_data_ptr(),
                     leaf.defined() ? leaf.mutable_data_ptr() : nullptr, static_cast<int>(parameter.numel()), isNarrow ? kNarrow : 0};
    const auto all = {parameter, gradient, tensors.means[i], tensors.squares[i], leaf};
    if (piece.count % 4 == 0 && std::all_of(all.begin(), all.end(), cuda::isAligned)) {
        piece.kind |= kByFour;
    }
    return piece;
}

} // namespace

bool adamwMany(const AdamWNumbers& numbers, const AdamWTensors& tensors, const at::Tensor& step, const at::Tensor& divisor, const at::Tensor& notFinite)
{
    if (!isFused() || tensors.parameters.empty() || !tensors.parameters.front().is_cuda() || !cuda::isReady(tensors.parameters.front().device())) {
        return false;
    }
    const at::Device device = tensors.parameters.front().device();
    std::vector<AdamWPiece> all;
    for (std::size_t i = 0; i < tensors.parameters.size(); ++i) {
        const auto piece = tensors.parameters[i].device() == device ? stepOf(tensors, i) : std::nullopt;
        if (!piece) {
            return false;
        }
        all.push_back(*piece);
    }
    const AdamWArgument argument{static_cast<float>(numbers.learningRate), static_cast<float>(1 - numbers.learningRate * numbers.weightDecay),
                                 static_cast<float>(numbers.beta1), static_cast<float>(numbers.beta2), static_cast<float>(numbers.epsilon),
                                 static_cast<float>(std::log(numbers.beta1)), static_cast<float>(std::log(numbers.beta2))};
    // Alike beside each other: a launch has as many blocks for its smallest piece as for its largest.
    std::stable_sort(all.begin(), all.end(), [](const AdamWPiece& a, const AdamWPiece& b) { return a.count > b.count; });
    std::erase_if(all, [](const AdamWPiece& piece) { return piece.count == 0; });
    for (std::size_t first = 0; first < all.size(); first += kStepsTogether) {
        constexpr std::int64_t kThreads = 256;
        constexpr std::int64_t kEach = 4;
        constexpr std::int64_t kMostShares = 1056; // eight for each core of an H200
        AdamWPieces pieces{};
        const std::size_t count = std::min(kStepsTogether, all.size() - first);
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(first), count, pieces.of);
        const std::int64_t shares = std::clamp<std::int64_t>(pieces.of[0].count / (kThreads * kEach), 1, kMostShares);
        cuda::launch(cuda::Kernel::AdamWMany, device, {shares, static_cast<std::int64_t>(count), kThreads}, pieces, argument, cuda::in(step), cuda::in(divisor),
                     cuda::in(notFinite));
    }
    return true;
}

bool narrowMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources)
{
    return launchMany(cuda::Kernel::NarrowMany, targets, at::kBFloat16, sources);
}

bool addMany(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources)
{
    return launchMany(cuda::Kernel::AddMany, targets, at::kFloat, sources);
}

} // namespace luthier::nn::kernels
