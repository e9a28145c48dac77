// SPDX-License-Identifier: GPL-3.0-or-later
// MemoryAdvice: what a run that ended for want of memory is told: the three cheapest changes, what each saves and costs, and how to go on
// from its last step. Torch-free.
#pragma once

#include "core/train/events.h"
#include "core/train/run.h"

#include <optional>

namespace luthier::train {

// Whether that is how it ended.
bool endedWithoutMemory(const RunEnded& ended);

// A finding "memory" with a remedy for each change. Plans the run again, which reads its rows and no weight. Nothing where nothing would
// help, or the rows cannot be read any more.
std::optional<Warning> memoryAdvice(const config::RunConfig& config, const RunInputs& inputs, const RunEnded& ended);

} // namespace luthier::train
