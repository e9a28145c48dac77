// SPDX-License-Identifier: GPL-3.0-or-later
// Which micro-batches of a step a rank computes. A pure function of the step, so that every rank knows what the others do
// without asking: the costliest first, each to whom least has been given so far.
//
// A step of fewer micro-batches than ranks is cut further, item by item, where the loss does not look across a batch. Internal
// to core: names torch types.
#pragma once

#include "core/train/plan/items.h"
#include "core/train/ranks/share.h"
#include "core/train/step/micro_batch.h"

#include <cstdint>
#include <span>
#include <vector>

namespace luthier::train {

struct StepPart {
    std::span<const std::uint32_t> items;
    std::uint64_t place = 0; // in the step: what is dropped from it follows from that, whoever computes it
};

// In the order of the step. All of it where there is one rank.
std::vector<StepPart> shareOf(const ItemStore& store, std::span<const std::span<const std::uint32_t>> batches, const BatchForm& form, Share share);

// The same of work that costs so much a piece: the rank's pieces, in order.
std::vector<std::size_t> shareOf(std::span<const std::int64_t> costs, Share share);

} // namespace luthier::train
