// SPDX-License-Identifier: GPL-3.0-or-later
// RowRemarks: what encoded rows say of themselves that an objective will not be able to learn from, before anything trains. Torch-free.
//
// Threads: any; pure functions.
#pragma once

#include "core/objectives/objectives.h"
#include "core/train/plan/items.h"

#include <string>
#include <vector>

namespace luthier::train {

// Sentences: answers that were all judged good or all bad (kto), chosen answers that stand in their own prompts.
std::vector<std::string> rowRemarks(const ItemStore& items, const objectives::Objective& objective);

} // namespace luthier::train
