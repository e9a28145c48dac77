// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/step_share.h"

#include <algorithm>
#include <numeric>

namespace luthier::train {

namespace {

constexpr int kPartBits = 32; // of a place: the batch below, the part of it above

// Tokens of a pass over them, padding counted.
std::int64_t costOf(const ItemStore& store, std::span<const std::uint32_t> items, bool packed)
{
    std::int64_t sum = 0;
    std::int64_t widest = 0;
    std::int64_t sequences = 0;
    for (const std::uint32_t item : items) {
        sum += store.length(item);
        widest = std::max(widest, store.longest(item));
        sequences += store.item(item).count;
    }
    return packed ? sum : widest * sequences;
}

// Halves the batch of most items until there is a part for each rank, or nothing to cut.
void cutFurther(std::vector<StepPart>& parts, std::size_t ranks)
{
    std::vector<std::uint64_t> cuts(parts.size());
    while (parts.size() < ranks) {
        const auto largest = std::max_element(parts.begin(), parts.end(), [](const StepPart& a, const StepPart& b) { return a.items.size() < b.items.size(); });
        if (largest == parts.end() || largest->items.size() < 2) {
            return;
        }
        const std::size_t half = (largest->items.size() + 1) / 2;
        const std::uint64_t batch = largest->place & ((std::uint64_t{1} << kPartBits) - 1);
        const StepPart behind{largest->items.subspan(half), batch | ++cuts[batch] << kPartBits};
        largest->items = largest->items.first(half);
        parts.insert(largest + 1, behind);
    }
}

} // namespace

std::vector<std::size_t> shareOf(std::span<const std::int64_t> costs, Share share)
{
    std::vector<std::size_t> order(costs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
    std::vector<std::int64_t> given(static_cast<std::size_t>(share.ranks));
    std::vector<std::size_t> own;
    for (const std::size_t piece : order) {
        const auto least = std::min_element(given.begin(), given.end());
        *least += std::max<std::int64_t>(costs[piece], 1);
        if (least - given.begin() == share.rank) {
            own.push_back(piece);
        }
    }
    std::sort(own.begin(), own.end());
    return own;
}

std::vector<StepPart> shareOf(const ItemStore& store, std::span<const std::span<const std::uint32_t>> batches, const BatchForm& form, Share share)
{
    std::vector<StepPart> parts;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        parts.push_back({batches[i], i});
    }
    if (share.ranks == 1) {
        return parts;
    }
    if (!form.mismatches) { // a loss that compares answers with other items' prompts looks across its batch
        cutFurther(parts, static_cast<std::size_t>(share.ranks));
    }
    std::vector<std::int64_t> costs;
    for (const StepPart& part : parts) {
        costs.push_back(costOf(store, part.items, form.packed));
    }
    std::vector<StepPart> own;
    for (const std::size_t piece : shareOf(costs, share)) {
        own.push_back(parts[piece]);
    }
    return own;
}

} // namespace luthier::train
