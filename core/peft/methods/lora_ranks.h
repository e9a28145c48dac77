// SPDX-License-Identifier: GPL-3.0-or-later
// LoraRanks: which projections get a LoRA, and of which rank, before anything is attached; and a folder's settings where ranks were dealt
// out otherwise than the settings say. Names torch types; internal to peft's methods.
#pragma once

#include "core/base/result.h"
#include "core/peft/folders/lora_folder.h"
#include "core/peft/methods/loose_start.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/targets.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace luthier::peft {

// A number of PEFT's config: 16, not 16.0.
Json patternNumber(double value);

// The projections among targets that may name embedding or head besides; none where they name those alone.
Result<std::vector<Place>> projectionsOf(nn::Decoder& decoder, const LooseTargets& targets);

// In the decoder's order. Errors: targets and patterns that attach() refuses.
Result<std::vector<std::pair<Place, std::int64_t>>> ranksOf(nn::Decoder& decoder, const LoraSettings& settings);

// Ranks, alphas and targets by path as the decoder's adapters have them; nothing changes where all are as the info says. Alpha goes with the
// rank, as PEFT's adjust_scaling_factors. Embedding and head keep what was asked of them.
Result<void> sayDealtRanks(nn::Decoder& decoder, LoraFolderInfo& info);

} // namespace luthier::peft
