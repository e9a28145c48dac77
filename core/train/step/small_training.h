// SPDX-License-Identifier: GPL-3.0-or-later
// Up to how many trained numbers gradients are added together and keep their place, so that a card can play a recorded step: they stand twice
// for a moment. Beyond, each is gone before the next is made. Torch-free.
#pragma once

#include <cstdint>

namespace luthier::train {

constexpr std::int64_t kSmallElements = std::int64_t{1} << 27;

} // namespace luthier::train
