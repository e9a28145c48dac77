// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the methods whose virtual tokens stand before the text: what they share, and their own.
#pragma once

#include "core/fields/sections.h"

#include <cstdint>
#include <string>

namespace luthier::peft {

struct VirtualTokens {
    std::int64_t count = 20;
};

struct PrefixSettings {
    bool projection = false;
    std::int64_t encoderHiddenSize = 0; // of the projection; 0: as wide as a layer's keys
};

struct PromptSettings {
    std::string text; // its tokens' embeddings are the start; empty: random
};

const fields::Section& virtualTokensSection();

} // namespace luthier::peft
