// SPDX-License-Identifier: GPL-3.0-or-later
// CardFacts: the cards of this machine as their driver names them, without opening any. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::remote {

struct CardFacts {
    std::string name;
    std::int64_t totalBytes = 0; // 0: the driver does not say
    std::int64_t freeBytes = 0;
};

// The first `count`, which the program can use; nothing but their number is known where nvidia-smi is not there, or shows others.
// Blocks for a moment.
std::vector<CardFacts> cardsHere(int count);

} // namespace luthier::remote
