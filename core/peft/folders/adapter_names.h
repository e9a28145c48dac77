// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterNames: what PEFT calls the tensors of a decoder in the files of adapters, and the way back from the many ways in
// which such names are met. Torch-free.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <string>

namespace luthier::peft {

inline constexpr const char* kPeftPrefix = "base_model.model.";
// Modules that PEFT must not adapt where projections of words and of pictures have the same names.
inline constexpr const char* kVisionModules = ".*vision_tower.*";

// Whether the decoder's words are one part of a model that also sees, whose paths begin with "model.language_model".
bool isPartOfMore(const nn::DecoderConfig& config);

// "model.layers.0.self_attn.q_proj.lora_A.weight" as PEFT's file of an adapter of this model has it.
std::string peftName(const nn::DecoderConfig& config, const std::string& name);

// A key of such a file as kPeftPrefix and the decoder's own name. Taken away is what wrappers and tools add: "_orig_mod."
// (torch.compile), "module." (several cards), the adapter's name ".default", "language_model." of models that also see; a
// missing prefix is put in front.
std::string plainKey(const std::string& key);

} // namespace luthier::peft
