// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of full tuning.
#pragma once

#include <cstdint>

namespace luthier::peft {

struct FullSettings {
    std::int64_t frozenLayers = 0; // the first n
    bool freezeEmbeddings = false;
};

} // namespace luthier::peft
