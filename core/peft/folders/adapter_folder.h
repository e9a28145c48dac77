// SPDX-License-Identifier: GPL-3.0-or-later
// Adapter folders in PEFT's layout: adapter_config.json and adapter_model.safetensors.
// lora_A is [r, in], lora_B [out, r]; keys base_model.model.<path>.lora_A.weight. Other methods' tensors: at the head of their files.
//
// Threads: each function changes the decoder, which nobody else may use meanwhile. Errors leave it as it was.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>

namespace luthier::nn {
class Decoder;
}

namespace luthier::peft {

struct Method;
struct MethodSettings;

// Adds the folder's adapter, or that of a GGUF file, to the decoder, scaled by `weight`, not trainable. Every kind that a row of methods() saves;
// others are refused by name. Refuses with a sentence what cannot be computed, keys that fit nothing in the model, wrong
// shapes, an adapter whose recorded base is another one than `baseFingerprint` (when both are known), and a second
// adapter or a weight other than 1 where one of them is more than a plain LoRA.
Result<void> attachAdapter(nn::Decoder& decoder, const std::filesystem::path& folder, double weight = 1,
                           const std::string& baseFingerprint = {});

// Attaches the adapter as attachAdapter() does, and trains it on as `method` would have it. Error where the method's row
// opens no such folder; the sentences of attachAdapter(). Values of tokens (score_folder.h) are attached where `use` says so,
// and refused by attachAdapter(): they answer nothing.
enum class AdapterUse { Answers, Values };
Result<void> continueAdapter(nn::Decoder& decoder, const Method& method, const MethodSettings& settings,
                             const std::filesystem::path& folder, const std::string& baseFingerprint = {},
                             AdapterUse use = AdapterUse::Answers);

// Folds the adapters into the weights, computed in fp32, and removes them: LoRA with all its variants and IA3.
// Of a tied embedding and head one half may be trained: from then on they are two tensors (DecoderConfig::tiedHead is false).
// Virtual tokens, prefixes, bottleneck layers and biases that the model has no place for cannot be folded: a sentence, and
// nothing changes.
Result<void> mergeAdapters(nn::Decoder& decoder);

} // namespace luthier::peft
