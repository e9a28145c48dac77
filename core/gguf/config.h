// SPDX-License-Identifier: GPL-3.0-or-later
// GgufConfig: the config.json that the settings of a GGUF file stand for, so that sizes and switches are read, checked
// and saved in one way whatever file they come from. Torch-free.
//
// Threads: free functions, any thread. Source of names and layouts: ggml's docs/gguf.md and llama.cpp's converters.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/gguf/file.h"

#include <cstdint>
#include <string>

namespace luthier::gguf {

// How the weights of an architecture stand in a GGUF file, against a model folder.
struct Layout {
    bool interleavedHeads = false; // rows of q and k: rotated pairs lie side by side (llama)
    bool normsPlusOne = false;     // norms are stored as 1 + w (gemma)
    bool untransposed = false;     // matrices that the folder has as [in, out] stand as [out, in] (gpt2)
};

// Errors name the architecture or the setting, without the file.
Result<Json> configJson(const File& file);
Result<Layout> layoutOf(const File& file);
Result<Layout> layoutOf(const std::string& architecture);

} // namespace luthier::gguf
