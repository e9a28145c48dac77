// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/lora_start.h"

#include "core/nn/layers/linear_group.h"
#include "core/weights/load.h"
#include "core/weights/model_folder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace luthier::peft {

namespace {

at::Tensor weightOf(const LoraStartInput& input)
{
    return input.place.group->sliceWeight(input.place.slice).detach().to(at::kCPU).to(at::kFloat);
}

// The r largest singular values, their root in each factor.
LoraFactors lowRankOf(const at::Tensor& matrix, std::int64_t rank, double scale)
{
    const auto [left, values, right] = at::linalg_svd(matrix, /*full_matrices=*/false);
    const at::Tensor roots = values.slice(0, 0, rank).div(scale).sqrt_();
    return {(roots.unsqueeze(1) * right.slice(0, 0, rank)).contiguous(), (left.slice(1, 0, rank) * roots).contiguous()};
}

Result<void> checkRank(const LoraStartInput& input)
{
    const std::int64_t most = std::min(input.place.inputs(), input.place.outputs());
    return input.rank <= most ? Result<void>()
                              : Error{"method.rank: " + input.place.path() + " has " + std::to_string(most)
                                      + " directions, and the start wants " + std::to_string(input.rank) + " of them; lower the rank or take the usual start"};
}

Result<LoraFactors> pissa(const LoraStartInput& input)
{
    auto fits = checkRank(input);
    return fits ? Result<LoraFactors>(lowRankOf(weightOf(input), input.rank, input.scale)) : fits.error();
}

Result<LoraFactors> olora(const LoraStartInput& input)
{
    if (auto fits = checkRank(input); !fits) {
        return fits.error();
    }
    const auto [q, r] = at::linalg_qr(weightOf(input));
    return LoraFactors{r.slice(0, 0, input.rank).contiguous(), q.slice(1, 0, input.rank).contiguous()};
}

// Even rows of a rotation for A, odd ones for B: no row of one meets one of the other.
Result<LoraFactors> orthogonal(const LoraStartInput& input)
{
    if (input.rank % 2 != 0) {
        return Error{"method.rank: the orthogonal start parts the rank in two, and " + std::to_string(input.rank) + " is odd; take an even one"};
    }
    constexpr double kSize = 0.1;
    const auto rotation = std::get<0>(at::linalg_qr(at::rand({input.rank, input.rank}, input.generator, at::kFloat)));
    const std::int64_t half = input.rank / 2;
    const at::Tensor a = at::matmul(at::rand({input.place.inputs(), half}, input.generator, at::kFloat), rotation.slice(0, 0, std::nullopt, 2)).t();
    const at::Tensor b = at::matmul(at::rand({input.place.outputs(), half}, input.generator, at::kFloat), rotation.slice(0, 1, std::nullopt, 2));
    return LoraFactors{a.mul(kSize).contiguous(), b.mul(kSize).contiguous()};
}

// What codes lost of the folder's numbers.
Result<LoraFactors> loftq(const LoraStartInput& input)
{
    if (auto fits = checkRank(input); !fits) {
        return fits.error();
    }
    const std::string name = input.place.path() + ".weight";
    auto folder = weights::ModelFolder::open(input.baseFolder);
    if (!folder) {
        return folder.error();
    }
    const auto stored = folder->tensors().find(name);
    if (stored == folder->tensors().end()) {
        return Error{input.baseFolder.string() + ": LoftQ asks for the numbers of " + name + ", which the folder does not have by that name; take the usual start"};
    }
    auto whole = weights::readTensor(stored->second);
    if (!whole) {
        return whole.error();
    }
    const at::Tensor held = weightOf(input);
    if (!whole->sizes().equals(held.sizes())) {
        return Error{input.baseFolder.string() + ": " + name + " has another shape than the model holds it in; take the usual start"};
    }
    return lowRankOf(whole->to(at::kFloat) - held, input.rank, input.scale);
}

} // namespace

std::span<const LoraStart> loraStarts()
{
    static const std::array<LoraStart, 6> table{{
        {"usual", "Usual"},
        {"pissa", "PiSSA", pissa, true},
        {"olora", "OLoRA", olora, true},
        {"orthogonal", "Orthogonal", orthogonal, false},
        {"loftq", "LoftQ", loftq, false},
        {"eva", "EVA", nullptr, false, true},
    }};
    return table;
}

const LoraStart* findLoraStart(std::string_view id)
{
    const auto all = loraStarts();
    const auto found = std::find_if(all.begin(), all.end(), [&](const LoraStart& start) { return start.id == id; });
    return found == all.end() ? nullptr : &*found;
}

Result<void> beginLowRank(nn::LowRank& adapter, const LoraStart& start, const LoraStartInput& input)
{
    const at::NoGradGuard noGrad;
    nn::LinearGroup& group = *input.place.group;
    const bool isCounted = adapter.a.device().is_meta() || (group.weight.defined() && group.weight.device().is_meta()); // without numbers
    if (start.readsRows && !isCounted && !input.hasDirections) {
        return Error{"method.init_lora_weights: the start " + start.label + " is made of a run's rows, and there are none here; take another"};
    }
    if (start.factors && !isCounted) {
        auto factors = start.factors(input);
        if (!factors) {
            return factors.error();
        }
        adapter.a.copy_(factors->a);
        adapter.b.copy_(factors->b);
    }
    if (start.isTakenOff) {
        nn::LowRank counter;
        counter.slice = adapter.slice;
        counter.a = adapter.a.detach().clone();
        counter.b = adapter.b.detach().neg();
        counter.scale = adapter.scale;
        group.adapters.push_back(std::move(counter));
    }
    return {};
}

WholeUpdates::WholeUpdates(nn::Decoder& decoder) : m_decoder(decoder)
{
    const at::NoGradGuard noGrad;
    for (nn::LinearGroup* group : decoder.groups()) {
        m_before.push_back(group->adapters);
        std::vector<nn::LowRank> whole;
        for (const nn::LowRank& adapter : group->adapters) {
            const auto same = std::find_if(whole.begin(), whole.end(), [&](const nn::LowRank& known) { return known.slice == adapter.slice; });
            if (same == whole.end()) {
                whole.push_back(adapter);
                continue;
            }
            const nn::LowRank& trained = same->a.requires_grad() ? *same : adapter;
            const nn::LowRank& frozen = same->a.requires_grad() ? adapter : *same;
            nn::LowRank both = trained;
            both.a = at::cat({trained.a.detach(), frozen.a.detach()}, 0).set_requires_grad(true);
            both.b = at::cat({trained.b.detach(), frozen.b.detach()}, 1).set_requires_grad(true);
            *same = std::move(both);
        }
        group->adapters = std::move(whole);
    }
}

WholeUpdates::~WholeUpdates()
{
    std::size_t next = 0;
    for (nn::LinearGroup* group : m_decoder.groups()) {
        group->adapters = std::move(m_before[next++]);
    }
}

} // namespace luthier::peft
