// SPDX-License-Identifier: GPL-3.0-or-later
// Event history: the events of a run over all its sittings as one story.
#pragma once

#include "core/train/events.h"

#include <vector>

namespace luthier::store {

// A run that goes on from a checkpoint repeats the steps after it. Of what two sittings measured at the same
// step the later one stays, and what an earlier sitting did beyond the step where a later one set in is left
// out: it leads to weights that no longer exist. The order of the rest is kept.
std::vector<train::Event> withoutRepeats(std::vector<train::Event> events);

} // namespace luthier::store
