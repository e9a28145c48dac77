// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of bottleneck adapters.
#pragma once

#include <cstdint>
#include <string>

namespace luthier::peft {

struct BottleneckSettings {
    std::string places = "pfeiffer"; // pfeiffer, houlsby
    std::int64_t reductionFactor = 16;
    std::string nonLinearity = "relu"; // relu, swish, gelu, tanh
};

} // namespace luthier::peft
