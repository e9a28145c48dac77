// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterCopy: an adapter copied as it is, byte for byte. Torch-free.
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace luthier::peft {

// A GGUF file, or what a folder's adapter is made of (its .json, .safetensors and .md files, and its values
// in value/; no checkpoints that lie beside them), to a path where nothing is yet. Errors: what cannot be read or written, and why; what was copied before
// stays, so give a temporary name and rename it.
Result<void> copyAdapter(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace luthier::peft
