// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/eva.h"

#include "core/nn/layers/linear_group.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/methods/lora_ranks.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/lora_start.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace luthier::peft {

namespace {

constexpr double kSettled = 0.99; // PEFT's tau
constexpr std::uint64_t kDrawSeed = 42;
constexpr int kRounds = 4;
constexpr std::int64_t kExact = 1024; // a side up to which the decomposition is the whole one, whose stop no draw decides

struct Decomposition {
    at::Tensor values; // [q]
    at::Tensor right;  // [q, in]
};

// Of large ones by a random projection (Halko et al., 2009), as torch.svd_lowrank; a wide matrix stands upright first.
Decomposition componentsOf(const at::Tensor& x, std::int64_t width)
{
    if (std::min(x.size(0), x.size(1)) <= kExact) {
        const auto [left, values, right] = at::linalg_svd(x, /*full_matrices=*/false);
        return {values, right};
    }
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(kDrawSeed);
    const bool isWide = x.size(0) < x.size(1);
    const at::Tensor upright = isWide ? x.t() : x;
    const auto basisOf = [](const at::Tensor& columns) { return std::get<0>(at::linalg_qr(columns)); };
    const at::Tensor start = at::randn({upright.size(1), width}, generator, at::kFloat).to(x.device());
    at::Tensor basis = basisOf(at::matmul(upright, start));
    for (int round = 0; round < kRounds; ++round) {
        basis = basisOf(at::matmul(upright.t(), basis));
        basis = basisOf(at::matmul(upright, basis));
    }
    const auto [left, values, right] = at::linalg_svd(at::matmul(basis.t(), upright), /*full_matrices=*/false);
    return {values, isWide ? at::matmul(basis, left).t() : right};
}

} // namespace

bool needsDirections(const MethodSettings& settings)
{
    const LoraStart* start = settings.kind == "lora" || settings.kind == "qlora" ? findLoraStart(settings.of<LoraSettings>().start) : nullptr;
    return start != nullptr && start->readsRows;
}

void Components::add(const at::Tensor& x)
{
    const at::NoGradGuard noGrad;
    const std::int64_t count = x.size(0);
    const at::Tensor sum = x.sum(0, false, at::kDouble);
    const at::Tensor batchMean = sum / count;
    const at::Tensor fromMean = x - batchMean; // fp64
    const at::Tensor spread = fromMean.square().sum(0) - fromMean.sum(0).square() / count;
    const std::int64_t all = m_seen + count;
    at::Tensor centred = fromMean.to(at::kFloat);
    if (m_seen == 0) {
        m_variance = spread / all;
    } else {
        const double ratio = static_cast<double>(m_seen) / static_cast<double>(count);
        const at::Tensor lastSum = m_mean * m_seen;
        m_variance = (m_variance * m_seen + spread + ratio / static_cast<double>(all) * (lastSum / ratio - sum).square()) / all;
        const double weight = std::sqrt(static_cast<double>(m_seen) / static_cast<double>(all) * static_cast<double>(count));
        centred = at::cat({m_values.unsqueeze(1) * m_directions, centred, ((m_mean - batchMean) * weight).to(at::kFloat).unsqueeze(0)}, 0);
    }
    m_mean = m_seen == 0 ? batchMean : (m_mean * m_seen + sum) / all;
    m_seen = all;
    Decomposition found = componentsOf(centred, 2 * m_count);
    // The largest number of each direction is positive, so that two batches are comparable.
    const at::Tensor largest = std::get<1>(found.right.abs().max(1, true));
    found.right = found.right * found.right.gather(1, largest).sign();
    const at::Tensor now = found.right.slice(0, 0, m_count).contiguous();
    m_isSettled.assign(static_cast<std::size_t>(now.size(0)), false);
    if (m_directions.defined() && m_directions.sizes().equals(now.sizes())) {
        const at::Tensor alike = at::cosine_similarity(now, m_directions).to(at::kCPU);
        for (std::int64_t i = 0; i < now.size(0); ++i) {
            m_isSettled[static_cast<std::size_t>(i)] = alike[i].item<double>() >= kSettled;
        }
    }
    m_directions = now;
    m_values = found.values.slice(0, 0, m_count).contiguous();
    m_shares = m_values.to(at::kDouble).square().div((m_variance * all).sum()).to(at::kCPU);
}

bool Components::areSettled(std::int64_t first) const
{
    const auto wanted = static_cast<std::size_t>(first);
    return wanted <= m_isSettled.size() && std::all_of(m_isSettled.begin(), m_isSettled.begin() + first, [](bool is) { return is; });
}

Result<std::unique_ptr<EvaFinder>> EvaFinder::make(nn::Decoder& decoder, const MethodSettings& settings)
{
    const auto& lora = settings.of<LoraSettings>();
    auto ranks = ranksOf(decoder, lora);
    if (!ranks) {
        return ranks.error();
    }
    auto finder = std::unique_ptr<EvaFinder>(new EvaFinder);
    std::vector<Target> others;
    for (const auto& [place, rank] : *ranks) {
        const std::int64_t looked = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(rank) * lora.evaRho)));
        if (looked > place.inputs()) {
            return Error{"method.eva_rho: " + place.path() + " reads " + std::to_string(place.inputs()) + " numbers, and the start looks for " + std::to_string(looked)
                         + " directions in them; lower the rank or method.eva_rho"};
        }
        auto& groups = finder->m_groups;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& known) { return known.linear == place.group; });
        const bool isFirst = group == groups.end();
        if (isFirst) {
            groups.push_back({place.group, Components(looked)});
            group = groups.end() - 1;
        } else if (looked > group->components.count()) {
            group->components = Components(looked);
        }
        Target target{place.path(), rank, static_cast<std::size_t>(group - groups.begin()), isFirst};
        (isFirst ? finder->m_targets : others).push_back(std::move(target));
        finder->m_budget += rank;
    }
    finder->m_targets.insert(finder->m_targets.end(), others.begin(), others.end());
    for (Target& target : finder->m_targets) { // until they are dealt, all that is looked for
        target.rank = finder->m_groups[target.group].components.count();
    }
    return finder;
}

bool EvaFinder::wantsPass()
{
    for (const Target& target : m_targets) {
        if (target.isFirst) {
            Group& group = m_groups[target.group];
            const bool is = group.components.areSettled(target.rank);
            group.isWatched = group.isSettled == is ? group.isWatched : !is;
            group.isSettled = is;
        }
    }
    return std::any_of(m_groups.begin(), m_groups.end(), [](const Group& group) { return !group.isSettled; });
}

void EvaFinder::see(const nn::LinearGroup& linear, const at::Tensor& rows)
{
    const auto group = std::find_if(m_groups.begin(), m_groups.end(), [&](const Group& known) { return known.linear == &linear; });
    if (group != m_groups.end() && group->isWatched && rows.size(0) >= group->components.count()) {
        group->components.add(rows.to(at::kFloat));
    }
}

void EvaFinder::endPass()
{
    if (std::all_of(m_groups.begin(), m_groups.end(), [](const Group& group) { return group.components.any(); })) {
        deal();
    }
}

// The whole rank to the directions that explain most. Of projections that read the same the first keeps the most.
void EvaFinder::deal()
{
    struct Bid {
        double share;
        std::size_t target;
    };
    std::vector<Bid> bids;
    for (std::size_t t = 0; t < m_targets.size(); ++t) {
        const at::Tensor& shares = m_groups[m_targets[t].group].components.shares();
        for (std::int64_t i = 0; i < shares.size(0); ++i) {
            bids.push_back({shares[i].item<double>(), t});
        }
        m_targets[t].rank = 0;
    }
    std::stable_sort(bids.begin(), bids.end(), [](const Bid& a, const Bid& b) { return a.share > b.share; });
    for (std::size_t i = 0; i < bids.size() && static_cast<std::int64_t>(i) < m_budget; ++i) {
        ++m_targets[bids[i].target].rank;
    }
    for (Target& target : m_targets) {
        const auto first = std::find_if(m_targets.begin(), m_targets.end(), [&](const Target& known) { return known.isFirst && known.group == target.group; });
        if (first->rank < target.rank) {
            std::swap(first->rank, target.rank);
        }
    }
}

std::int64_t EvaFinder::unsettled() const
{
    return std::count_if(m_groups.begin(), m_groups.end(), [](const Group& group) { return !group.isSettled; });
}

Result<InputDirections> EvaFinder::directions() const
{
    InputDirections all;
    for (const Target& target : m_targets) {
        const Components& components = m_groups[target.group].components;
        if (!components.any()) {
            return Error{"method.init_lora_weights: EVA looks for " + std::to_string(components.count()) + " directions in what " + target.path
                         + " reads, and no batch trains so many tokens; make batches larger, or lower the rank or method.eva_rho"};
        }
        if (target.rank > 0) {
            all.of[target.path] = components.directions().slice(0, 0, target.rank).to(at::kCPU).contiguous();
        }
    }
    return all;
}

} // namespace luthier::peft
