// SPDX-License-Identifier: GPL-3.0-or-later
// Windows: texts joined end to end and cut into sequences of one length, for continued pretraining. Torch-free.
//
//   texts       a a a E   b b E   c c c c E          E: the end mark, which encoding put there
//   windows     E a a a | a E b b | b E c c | c c c E
//
// A window begins with the last token of the one before, as what its first target is predicted from, and the first window
// with the end mark: so every token of every text is a target exactly once, whatever the length. Only the last window may
// be shorter.
#pragma once

#include "core/train/plan/items.h"

#include <cstdint>
#include <optional>

namespace luthier::train {

// `texts`: one sequence an item. `length`: tokens of a window, at least 2. `mark`: what stands before the first text; where
// there is none the first token of all cannot be a target. A window's place and hash are those of the text it begins in.
ItemStore joinedInWindows(const ItemStore& texts, std::int64_t length, std::optional<std::int32_t> mark);

// Takes round(share * windows), at least one and never all, from the end of `windows`, which has two or more.
ItemStore takeLastWindows(ItemStore& windows, double share);

std::int64_t trainedOf(const ItemStore& items); // targets of all

} // namespace luthier::train
