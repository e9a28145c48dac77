// SPDX-License-Identifier: GPL-3.0-or-later
// ShrinkingBatches: a walk over items in batches, of which one that memory has no room for is tried again at half its size,
// down to one item. For work without gradients, whose batches may have any size: short items may share larger ones. Internal to core.
//
// Threads: one at a time.
#pragma once

#include "core/train/plan/items.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace luthier::train {

class ShrinkingBatches {
public:
    explicit ShrinkingBatches(std::int64_t size) : m_size(size < 1 ? 1 : static_cast<std::size_t>(size)) {}

    // Batches hold more items than `size` while no more than `tokens` are computed for them, padding among them. For walks over `items`, the
    // longest first; they must outlive it.
    void fill(std::int64_t tokens, const ItemStore& items);

    // Of what is left of a walk, how many items its next batch holds.
    std::size_t next(std::span<const std::uint32_t> left) const;

    using Body = std::function<void(std::span<const std::uint32_t> batch, std::size_t done)>; // `done` items before it
    // False: `isStopped` said so in between. A body that throws for lack of memory must not have added anything yet; with one
    // item it is thrown on. The smaller size stays.
    bool each(std::span<const std::uint32_t> order, const std::function<bool()>& isStopped, const Body& body);

    // What had to be done, as a sentence; empty: nothing. Given once.
    std::string takeNotice();

private:
    bool fits(std::span<const std::uint32_t> batch, std::size_t done, const Body& body) const;

    std::size_t m_size;
    std::int64_t m_tokens = 0; // 0: no batch is larger than m_size
    const ItemStore* m_items = nullptr;
    std::size_t m_smallerThan = 0; // the size that did not fit; 0: all did
};

// For a walk over `items`, the longest first, that measures them: on a CPU short ones share batches of so many tokens that its products gain
// nothing from more of them.
inline constexpr std::int64_t kTokensAtOnce = 1024;
ShrinkingBatches measuringBatches(const ItemStore& items, std::int64_t batchSize, bool isCpu);

} // namespace luthier::train
