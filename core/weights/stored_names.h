// SPDX-License-Identifier: GPL-3.0-or-later
// StoredNames: where a folder keeps a tensor that is known by its Hugging Face name, and whether it fits. Torch-free.
//
// Threads: free functions, any thread.
#pragma once

#include "core/weights/model_folder.h"

#include <map>
#include <string>
#include <vector>

namespace luthier::weights {

using Stored = std::map<std::string, StoredTensor>;

// Files saved from the bare model lack the first part of a name; models that also see put one more in front.
Stored::const_iterator findStored(const Stored& stored, const std::string& name);

// Errors name the tensor that is missing, of another shape, or stored as something else than numbers.
Result<void> checkStored(const ModelFolder& folder, const std::string& name, const std::vector<std::int64_t>& shape);

std::string shapeText(const std::vector<std::int64_t>& shape); // "[2, 3]"

} // namespace luthier::weights
