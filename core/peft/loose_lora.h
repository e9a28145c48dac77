// SPDX-License-Identifier: GPL-3.0-or-later
// LooseLora: what PEFT trains of embedding and head without a copy of the whole: a low-rank update of one of them
// (target_modules with embed_tokens or lm_head) and rows of single tokens (trainable_token_indices). It is opened as copies of
// these tensors, so the adapter cannot be weighed. Names torch types; internal to peft.
#pragma once

#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/lora_config.h"

#include <map>
#include <string>

namespace luthier::peft {

bool isLooseLora(const std::string& key); // as AdapterFile::keys() has it

// The changed tensors by the decoder's name, fp32 on the CPU. As PEFT, a changed embedding leaves a head that is tied to it
// alone, unless rows of tokens are trained or ensure_weight_tying says so. Errors: half of an update, DoRA of these, rows
// without their tokens, a shape that fits nothing.
Result<std::map<std::string, at::Tensor>> readLooseLora(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config);

} // namespace luthier::peft
