// SPDX-License-Identifier: GPL-3.0-or-later
// BatchPlan: which items make up which micro-batch of which optimizer step. A pure function of the settings, the
// items' lengths, the seed and the epoch, so a place in it is two numbers. Torch-free.
//
//   longest         items in the epoch's order, `batchSize` a micro-batch
//   length_buckets  neighbours of like length share a step; a step is still made of whole items of the epoch's order,
//                   so batch 8 x accumulation 1 and 1 x 8 see the same items in each step. Without shuffling only
//                   the items inside a step are sorted
//   packed          items one behind the other, at most batchSize * maxLength tokens for each of an item's sequences a
//                   micro-batch, no padding
//
// Items of two kinds that must meet (`meets`) are shuffled so that each step has its share of both, and buckets keep that:
// a step has one of each kind as soon as there are as many of the rarer as there are steps.
#pragma once

#include "core/config/run_config.h"
#include "core/train/plan/items.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace luthier::train {

// The next step to take.
struct BatchCursor {
    std::int64_t epoch = 0;
    std::int64_t step = 0; // inside the epoch
    bool operator==(const BatchCursor&) const = default;
};

// One epoch: micro-batch i holds items[ends[i - 1] .. ends[i]).
struct EpochPlan {
    std::vector<std::uint32_t> items;
    std::vector<std::size_t> ends;

    std::size_t numBatches() const { return ends.size(); }
    std::span<const std::uint32_t> batch(std::size_t index) const
    {
        const std::size_t begin = index == 0 ? 0 : ends[index - 1];
        return std::span(items).subspan(begin, ends[index] - begin);
    }
};

struct BatchSettings {
    std::int64_t batchSize = 1;
    std::int64_t accumulation = 1;
    std::int64_t maxLength = 1024;
    std::string padding = "length_buckets";
    bool shuffle = true;
    std::uint64_t seed = 42;
    std::string order = "usual"; // shortest, longest, field: in this order in every epoch, whatever `shuffle` says
    std::string meets = {};      // Objective::meets; empty, or where the items have no such column: one kind
};

class BatchPlan {
public:
    // The store must outlive the plan.
    BatchPlan(const ItemStore& store, BatchSettings settings) : m_store(store), m_settings(std::move(settings)) {}

    const BatchSettings& settings() const { return m_settings; }
    bool isPacked() const { return m_settings.padding == "packed"; }

    EpochPlan epoch(std::int64_t epoch) const;
    // Optimizer steps of an epoch; the last takes what is left of its micro-batches.
    std::int64_t stepsOf(const EpochPlan& epoch) const;
    // Steps of `epochs` (may be a fraction), at most `maxSteps` when that is above 0.
    std::int64_t totalSteps(double epochs, std::int64_t maxSteps) const;

private:
    std::vector<std::uint32_t> order(std::int64_t epoch) const;
    void sortByLength(std::span<std::uint32_t> items) const;
    std::vector<std::uint32_t> mixed(const std::vector<std::uint32_t>& items, std::span<const float> kinds) const;
    void sortInSteps(std::span<std::uint32_t> items, std::size_t stepItems) const;
    std::vector<std::uint32_t> bucketed(std::vector<std::uint32_t> order, std::int64_t epoch) const;
    std::optional<std::span<const float>> kinds() const; // none: all items are of one
    EpochPlan packed(std::vector<std::uint32_t> order) const;

    const ItemStore& m_store;
    BatchSettings m_settings;
};

BatchSettings batchSettings(const config::RunConfig& config, std::int64_t maxLength);

} // namespace luthier::train
