// SPDX-License-Identifier: GPL-3.0-or-later
// LooseLora: what PEFT trains of embedding and head without a copy of the whole: a low-rank update of one of them
// (target_modules with embed_tokens or lm_head) and rows of single tokens (trainable_token_indices). Such an adapter cannot be
// weighed. Names torch types; internal to peft.
#pragma once

#include "core/nn/layers/table_update.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/lora_config.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace luthier::peft {

inline constexpr const char* kHeadPath = "lm_head";
inline constexpr const char* kTokenRows = ".token_adapter.trainable_tokens_delta";
inline constexpr const char* kEmbeddingA = ".lora_embedding_A";
inline constexpr const char* kEmbeddingB = ".lora_embedding_B";

// Rows of these tokens [n, d], in a table of so many rows.
void setRows(nn::TableUpdate& update, const std::vector<std::int64_t>& tokens, const at::Tensor& rows, std::int64_t vocab);

// A tied head reads the rows of tokens that the embedding has.
void followTied(nn::Decoder& decoder);

bool isLooseLora(const std::string& key); // as AdapterFile::keys() has it

// fp32, where the decoder is.
struct LooseLora {
    nn::TableUpdate embedding;
    nn::TableUpdate head;
    // Whole tensors by the decoder's name, on the CPU, where the file brings the weights that it stands on and they are others
    // (a vocabulary that grew): the update is in them already.
    std::map<std::string, at::Tensor> copies;

    bool isEmpty() const { return !embedding.exists() && !head.exists() && copies.empty(); }
};

// As PEFT, a changed embedding leaves a head that is tied to it alone, unless rows of tokens are trained or
// ensure_weight_tying says so. Errors: half of an update, DoRA of these, rows without their tokens, a shape that fits nothing.
Result<LooseLora> readLooseLora(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config);

} // namespace luthier::peft
