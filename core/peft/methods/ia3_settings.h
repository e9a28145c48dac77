// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of IA3.
#pragma once

#include <string>
#include <vector>

namespace luthier::peft {

struct Ia3Settings {
    std::vector<std::string> modules = {"k_proj", "v_proj", "down_proj"};
    std::vector<std::string> feedforwardModules = {"down_proj"}; // those of them scaled at their input
};

} // namespace luthier::peft
