// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/combine.h"

#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace luthier::peft {

namespace {

using Adapters = std::vector<const nn::LowRank*>; // of one projection, in the order given

struct Factors {
    at::Tensor a; // [r, in] fp32
    at::Tensor b; // [out, r]
};

at::Tensor wide(const at::Tensor& tensor)
{
    return tensor.detach().to(at::kDouble);
}

// PEFT scales A and leaves B alone.
Factors concatenated(const Adapters& adapters, std::int64_t)
{
    std::vector<at::Tensor> a;
    std::vector<at::Tensor> b;
    for (const nn::LowRank* adapter : adapters) {
        a.push_back(adapter->a.detach().to(at::kFloat) * adapter->scale);
        b.push_back(adapter->b.detach().to(at::kFloat));
    }
    return {at::cat(a, 0), at::cat(b, 1)};
}

struct Decomposed {
    at::Tensor left;   // [out, k]
    at::Tensor values; // [k], falling
    at::Tensor right;  // [k, in]
};

// The singular values of B A out of those of a small matrix: B = Q_b R_b and A^T = Q_a R_a, so B A = Q_b (R_b R_a^T) Q_a^T.
Decomposed decompose(const Factors& sum)
{
    const auto [qb, rb] = at::linalg_qr(wide(sum.b));
    const auto [qa, ra] = at::linalg_qr(wide(sum.a).t());
    const auto [u, s, v] = at::linalg_svd(rb.mm(ra.t()), false);
    return {qb.mm(u), s, v.mm(qa.t())};
}

Factors truncated(const Adapters& adapters, std::int64_t rank)
{
    const Decomposed all = decompose(concatenated(adapters, 0));
    const std::int64_t kept = std::min(rank, all.values.size(0));
    const at::Tensor left = all.left.narrow(1, 0, kept) * all.values.narrow(0, 0, kept);
    return {all.right.narrow(0, 0, kept).to(at::kFloat).contiguous(), left.to(at::kFloat).contiguous()};
}

// The same sum with the smallest rank that holds it to the precision of fp32, its size shared by both factors.
Factors summed(const Adapters& adapters, std::int64_t)
{
    const Decomposed all = decompose(concatenated(adapters, 0));
    const double tiny = all.values.size(0) > 0 ? all.values[0].item<double>() * 1e-9 : 0;
    std::int64_t kept = 0;
    while (kept < all.values.size(0) && all.values[kept].item<double>() > tiny) {
        ++kept;
    }
    kept = std::max<std::int64_t>(kept, 1);
    const at::Tensor root = all.values.narrow(0, 0, kept).sqrt();
    return {(all.right.narrow(0, 0, kept) * root.unsqueeze(1)).to(at::kFloat).contiguous(),
            (all.left.narrow(1, 0, kept) * root).to(at::kFloat).contiguous()};
}

// A negative weight's sign goes to A alone, or it would cancel out.
Factors addedByFactor(const Adapters& adapters, std::int64_t)
{
    Factors sum;
    for (const nn::LowRank* adapter : adapters) {
        const double root = std::sqrt(std::abs(adapter->scale));
        const at::Tensor a = adapter->a.detach().to(at::kFloat) * (adapter->scale < 0 ? -root : root);
        const at::Tensor b = adapter->b.detach().to(at::kFloat) * root;
        sum.a = sum.a.defined() ? sum.a + a : a;
        sum.b = sum.b.defined() ? sum.b + b : b;
    }
    return sum;
}

struct Row {
    Combination shown;
    Factors (*combine)(const Adapters& adapters, std::int64_t rank);
};

constexpr Row kRows[] = {
    {{"sum", "the weighted sum of the updates, exact, at the smallest rank that holds it", true}, summed},
    {{"cat", "the same sum with the ranks one behind the other, as PEFT's cat", true}, concatenated},
    {{"svd", "the sum cut to a smaller rank, as PEFT's svd", false}, truncated},
    {{"linear", "PEFT's linear, which adds A to A and B to B: not the weighted sum of the updates", false}, addedByFactor},
};

const Row* rowOf(std::string_view id)
{
    const auto* found = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return id == row.shown.id; });
    return found == std::end(kRows) ? nullptr : found;
}

using Slices = std::map<std::size_t, Adapters>;

Slices slicesOf(const nn::LinearGroup& group)
{
    Slices slices;
    for (const nn::LowRank& adapter : group.adapters) {
        slices[adapter.slice].push_back(&adapter);
    }
    return slices;
}

Result<std::int64_t> checkRanks(nn::Decoder& decoder, std::string_view how)
{
    std::int64_t largest = 0;
    std::int64_t smallest = INT64_MAX;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            largest = std::max(largest, adapter.a.size(0));
            smallest = std::min(smallest, adapter.a.size(0));
        }
    }
    if (largest == 0) {
        return Error{"there is no LoRA adapter to combine"};
    }
    if (how == "linear" && smallest != largest) {
        return Error{"linear adds A to A, so all ranks must be equal, but they go from " + std::to_string(smallest) + " to "
                     + std::to_string(largest) + "; choose sum, cat or svd"};
    }
    return largest;
}

at::Tensor filled(const at::Tensor& tensor, std::int64_t dim, std::int64_t size)
{
    auto shape = tensor.sizes().vec();
    shape[static_cast<std::size_t>(dim)] = size - shape[static_cast<std::size_t>(dim)];
    return shape[static_cast<std::size_t>(dim)] == 0 ? tensor : at::cat({tensor, at::zeros(shape, tensor.options())}, dim);
}

} // namespace

std::span<const Combination> combinations()
{
    static const auto table = [] {
        std::array<Combination, std::size(kRows)> rows{};
        std::transform(std::begin(kRows), std::end(kRows), rows.begin(), [](const Row& row) { return row.shown; });
        return rows;
    }();
    return table;
}

const Combination* findCombination(std::string_view id)
{
    const Row* row = rowOf(id);
    return row ? &row->shown : nullptr;
}

std::string combinationNames()
{
    std::string names;
    for (const Row& row : kRows) {
        names += (names.empty() ? "" : ", ") + std::string(row.shown.id);
    }
    return names;
}

Result<std::int64_t> combineAdapters(nn::Decoder& decoder, std::string_view how, std::int64_t rank)
{
    const at::NoGradGuard noGrad;
    const Row* row = rowOf(how);
    if (!row) {
        return Error{"adapters cannot be combined by \"" + std::string(how) + "\"; there are " + combinationNames()};
    }
    if (carriesMoreThanLora(decoder)) {
        return Error{"only plain LoRA adapters can be combined; merge this one into a model of its own"};
    }
    auto largest = checkRanks(decoder, how);
    if (!largest) {
        return largest;
    }
    const std::int64_t wanted = rank > 0 ? rank : *largest;
    std::int64_t common = 1;
    for (nn::LinearGroup* group : decoder.groups()) {
        std::vector<nn::LowRank> combined;
        for (const auto& [slice, adapters] : slicesOf(*group)) {
            const Factors factors = row->combine(adapters, wanted);
            common = std::max(common, factors.a.size(0));
            combined.push_back({slice, factors.a, factors.b, 1, 0});
        }
        group->adapters = std::move(combined);
    }
    for (nn::LinearGroup* group : decoder.groups()) {
        for (nn::LowRank& adapter : group->adapters) {
            adapter.a = filled(adapter.a, 0, common);
            adapter.b = filled(adapter.b, 1, common);
        }
    }
    return common;
}

} // namespace luthier::peft
