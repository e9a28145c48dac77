// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/batch_plan.h"

#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace luthier::train {

namespace {

constexpr std::size_t kStepsInBucket = 16; // as many steps share one sorted stretch of items

base::Random randomOf(std::uint64_t seed, std::int64_t epoch, std::uint64_t purpose)
{
    base::Random mix(seed);
    base::Random more(mix.next() ^ (static_cast<std::uint64_t>(epoch) + 1) * 0x9e3779b97f4a7c15ULL);
    return base::Random(more.next() ^ purpose);
}

bool isOfFirst(float kind)
{
    return kind > 0;
}

} // namespace

BatchSettings batchSettings(const config::RunConfig& config, std::int64_t maxLength)
{
    return {config.run.batchSize, config.run.gradientAccumulation, maxLength, config.data.padding,
            config.data.shuffle && config.data.order == "usual", static_cast<std::uint64_t>(config.run.seed), config.data.order};
}

std::vector<std::uint32_t> BatchPlan::order(std::int64_t epoch) const
{
    std::vector<std::uint32_t> items(m_store.size());
    std::iota(items.begin(), items.end(), 0u);
    if (m_settings.shuffle) {
        randomOf(m_settings.seed, epoch, 1).shuffle(items);
        if (const auto known = kinds()) {
            items = mixed(items, *known);
        }
    }
    const auto sortBy = [&items](const auto& key) {
        std::stable_sort(items.begin(), items.end(), [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    };
    if (m_settings.order == "shortest") {
        sortBy([this](std::uint32_t item) { return m_store.longest(item); });
    } else if (m_settings.order == "longest") {
        sortBy([this](std::uint32_t item) { return -m_store.longest(item); });
    } else if (const auto ranks = m_store.find(kOrderColumn); ranks && m_settings.order == "field") {
        sortBy([&ranks](std::uint32_t item) { return (*ranks)[item]; });
    }
    return items;
}

void BatchPlan::sortByLength(std::span<std::uint32_t> items) const
{
    std::stable_sort(items.begin(), items.end(), [this](std::uint32_t a, std::uint32_t b) {
        return m_store.longest(a) > m_store.longest(b);
    });
}

std::optional<std::span<const float>> BatchPlan::kinds() const
{
    return m_settings.meets.empty() ? std::nullopt : m_store.find(m_settings.meets);
}

// Each kind in the order that it was given, their places spread evenly: n places in a row have n times a kind's share of it, rounded down
// or up.
std::vector<std::uint32_t> BatchPlan::mixed(const std::vector<std::uint32_t>& items, std::span<const float> kinds) const
{
    std::array<std::vector<std::uint32_t>, 2> of;
    for (const std::uint32_t item : items) {
        of[isOfFirst(kinds[item]) ? 0 : 1].push_back(item);
    }
    const std::size_t all = items.size();
    const std::size_t first = of[0].size();
    std::array<std::size_t, 2> next{};
    std::vector<std::uint32_t> result;
    result.reserve(all);
    for (std::size_t place = 0; place < all; ++place) {
        const std::size_t kind = (place + 1) * first / all > place * first / all ? 0 : 1;
        result.push_back(of[kind][next[kind]++]);
    }
    return result;
}

// By length, each step with as many items of a kind as it had.
void BatchPlan::sortInSteps(std::span<std::uint32_t> items, std::size_t stepItems) const
{
    const auto known = kinds();
    if (!known) {
        sortByLength(items);
        return;
    }
    const auto kindOf = [&](std::uint32_t item) { return std::size_t{isOfFirst((*known)[item]) ? 0u : 1u}; };
    std::array<std::vector<std::uint32_t>, 2> of;
    for (const std::uint32_t item : items) {
        of[kindOf(item)].push_back(item);
    }
    sortByLength(of[0]);
    sortByLength(of[1]);
    std::array<std::size_t, 2> next{};
    for (std::size_t begin = 0; begin < items.size(); begin += stepItems) {
        const auto step = items.subspan(begin, std::min(stepItems, items.size() - begin));
        for (std::uint32_t& item : step) {
            const std::size_t kind = kindOf(item);
            item = of[kind][next[kind]++];
        }
        sortByLength(step);
    }
}

std::vector<std::uint32_t> BatchPlan::bucketed(std::vector<std::uint32_t> order, std::int64_t epoch) const
{
    const auto stepItems = static_cast<std::size_t>(m_settings.batchSize * m_settings.accumulation);
    const std::size_t stretch = m_settings.shuffle ? stepItems * kStepsInBucket : stepItems;
    for (std::size_t begin = 0; begin < order.size(); begin += stretch) {
        sortInSteps(std::span(order).subspan(begin, std::min(stretch, order.size() - begin)), stepItems);
    }
    if (!m_settings.shuffle) {
        return order;
    }
    // Whole steps change places; what is left over stays a short step at the end.
    std::vector<std::uint32_t> steps(order.size() / stepItems);
    std::iota(steps.begin(), steps.end(), 0u);
    randomOf(m_settings.seed, epoch, 2).shuffle(steps);
    std::vector<std::uint32_t> result;
    result.reserve(order.size());
    for (const std::uint32_t step : steps) {
        const auto first = order.begin() + static_cast<std::ptrdiff_t>(step * stepItems);
        result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(stepItems));
    }
    result.insert(result.end(), order.begin() + static_cast<std::ptrdiff_t>(result.size()), order.end());
    return result;
}

EpochPlan BatchPlan::packed(std::vector<std::uint32_t> order) const
{
    const auto sequences = static_cast<std::int64_t>(m_store.item(0).count);
    const std::int64_t room = m_settings.batchSize * m_settings.maxLength * sequences;
    EpochPlan plan;
    std::int64_t used = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::int64_t length = m_store.length(order[i]);
        if (used > 0 && used + length > room) {
            plan.ends.push_back(i);
            used = 0;
        }
        used += length;
    }
    plan.ends.push_back(order.size());
    plan.items = std::move(order);
    return plan;
}

EpochPlan BatchPlan::epoch(std::int64_t epoch) const
{
    if (m_store.isEmpty()) {
        return {};
    }
    auto items = order(epoch);
    if (isPacked()) {
        return packed(std::move(items));
    }
    if (m_settings.padding == "length_buckets") {
        items = bucketed(std::move(items), epoch);
    }
    EpochPlan plan{std::move(items), {}};
    const auto batch = static_cast<std::size_t>(m_settings.batchSize);
    for (std::size_t end = batch; end < plan.items.size() + batch; end += batch) {
        plan.ends.push_back(std::min(end, plan.items.size()));
    }
    return plan;
}

std::int64_t BatchPlan::stepsOf(const EpochPlan& epoch) const
{
    const auto batches = static_cast<std::int64_t>(epoch.numBatches());
    return (batches + m_settings.accumulation - 1) / m_settings.accumulation;
}

std::int64_t BatchPlan::totalSteps(double epochs, std::int64_t maxSteps) const
{
    const bool alwaysSame = !isPacked() || !m_settings.shuffle;
    const std::int64_t first = stepsOf(epoch(0));
    std::int64_t total = 0;
    for (std::int64_t i = 0; static_cast<double>(i) < epochs && (maxSteps == 0 || total < maxSteps); ++i) {
        const std::int64_t all = i == 0 || alwaysSame ? first : stepsOf(epoch(i));
        const double part = std::min(1.0, epochs - static_cast<double>(i));
        total += static_cast<std::int64_t>(std::ceil(static_cast<double>(all) * part - 1e-9));
    }
    return maxSteps > 0 ? std::min(total, maxSteps) : total;
}

} // namespace luthier::train
