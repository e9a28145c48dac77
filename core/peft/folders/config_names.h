// SPDX-License-Identifier: GPL-3.0-or-later
// ConfigNames: the modules that adapter_config.json names, beside those whose tensors lie in the file. PEFT makes adapters for
// what target_modules, exclude_modules, layers_to_transform and layers_pattern name together, and loads no tensor of another.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::peft {

class AdapterFile;

// Refuses low-rank updates and factors of modules that the config does not name: here they would count, in PEFT they would not.
// Without target_modules PEFT chooses by the model, and a pattern that is not understood (path_pattern.h) says nothing: both pass.
Result<void> checkNamed(const AdapterFile& file);

// Names of target_modules and modules_to_save of which the file holds nothing: no module is called so, or the file is not whole.
std::vector<std::string> namesWithoutTensors(const AdapterFile& file);
// A sentence of them, which begins with the path of the config; empty: there are none, or the adapter has no such config.
std::string namesRemark(const std::filesystem::path& adapter);

} // namespace luthier::peft
