// SPDX-License-Identifier: GPL-3.0-or-later
// Halves: a micro-batch cut in two by its items, for a device that has no room for all of them at once. The losses of both, added up,
// are its loss. Internal to core: names torch types.
#pragma once

#include "core/train/step/batch_source.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace luthier::train {

// In CPU memory. Nothing where it cannot be cut: one item, pairs that share what they begin with, answers behind others' prompts.
// Of a padded batch `tokens` of the halves are a guess.
std::optional<std::pair<MicroBatch, MicroBatch>> halvesOf(const MicroBatch& batch);

// Every batch of the step cut `times` times, as far as it can be; the totals stay. False in `second`: none could be cut so often.
std::pair<StepBatches, bool> cutFiner(const StepBatches& step, std::int64_t times);

} // namespace luthier::train
