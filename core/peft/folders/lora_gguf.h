// SPDX-License-Identifier: GPL-3.0-or-later
// LoraGguf: a low-rank adapter as a GGUF file of the type "adapter", as llama.cpp reads and writes it: NAME.lora_a [r, in]
// and NAME.lora_b [out, r] beside the base's names, rows in the base file's order, one adapter.lora.alpha; the update is
// alpha / r B A with r taken from the tensors, B A where alpha is 0, which says none. Torch-free.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace luthier::nn {
class Decoder;
}

namespace luthier::peft {

// The decoder's adapters, which must be plain LoRAs, one a projection at most. Each one's scale is kept: where it is not
// the common alpha / r it goes into B. Atomic.
Result<void> saveLoraGguf(nn::Decoder& decoder, const std::filesystem::path& target, const std::string& baseFingerprint);

// As attachAdapter() does for a folder.
Result<void> openLoraGguf(nn::Decoder& decoder, const std::filesystem::path& path, double weight,
                          const std::string& baseFingerprint);

} // namespace luthier::peft
