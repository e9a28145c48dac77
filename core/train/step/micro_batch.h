// SPDX-License-Identifier: GPL-3.0-or-later
// Micro-batches made from a store's items. Internal to core: names torch types.
#pragma once

#include "core/objectives/micro_batch.h"
#include "core/train/plan/items.h"

#include <cstdint>
#include <span>

namespace luthier::train {

using objectives::MicroBatch;
using objectives::pickTargets;
using objectives::toDevice;

struct BatchForm {
    bool packed = false;      // sequences one behind the other in one row
    bool perSequence = false; // with `owners`, `ends` and `columns`
    bool pinned = false;      // in memory that a GPU copies from by itself
    bool mismatches = false;  // with `mismatched`, whose sequences are cut after `maxLength` tokens
    std::int64_t maxLength = 0;
    bool shared = false;      // packed: what both sequences of a pair begin with stands once
};

// What batches of an objective look like.
BatchForm formFor(const objectives::Objective& objective, std::int64_t maxLength, bool packed, bool pinned);

// Any thread.
MicroBatch makeMicroBatch(const ItemStore& store, std::span<const std::uint32_t> items, const BatchForm& form);

} // namespace luthier::train
