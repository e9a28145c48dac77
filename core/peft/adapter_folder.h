// SPDX-License-Identifier: GPL-3.0-or-later
// Adapter folders in PEFT's layout: adapter_config.json and adapter_model.safetensors.
// lora_A is [r, in], lora_B [out, r]; keys base_model.model.<path>.lora_A.weight.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>

namespace luthier::nn {
class Decoder;
}

namespace luthier::peft {

// Adds the folder's adapter to the decoder, scaled by `weight`, not trainable. Refuses with a sentence what cannot be
// computed (other peft types, DoRA, ...), keys that fit no projection, wrong shapes, and an adapter
// whose recorded base is another one than `baseFingerprint` (when both are known).
Result<void> attachAdapter(nn::Decoder& decoder, const std::filesystem::path& folder, double weight = 1,
                           const std::string& baseFingerprint = {});

// W' = W + scale * B A in fp32 for every adapter, then removes the adapters.
void mergeAdapters(nn::Decoder& decoder);

} // namespace luthier::peft
