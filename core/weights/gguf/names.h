// SPDX-License-Identifier: GPL-3.0-or-later
// GgufNames: what the tensors of a GGUF file are called in a model folder. Torch-free.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <map>
#include <string>

namespace luthier::weights {

// "blk.0.attn_q.weight" -> "model.layers.0.self_attn.q_proj.weight", for weights and biases of every layer.
std::map<std::string, std::string> ggufNames(const nn::DecoderConfig& config);

} // namespace luthier::weights
