// SPDX-License-Identifier: GPL-3.0-or-later
// Stops: what ends an answer of a model with a chat template. Torch-free.
#pragma once

#include "core/data/encoding.h"
#include "core/nn/families/decoder_config.h"
#include "core/weights/conversation.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::inference {

struct Stops {
    std::vector<text::TokenId> ids;
    std::vector<std::string> texts; // ends of the template that are no token
    std::string remark;             // as data::AnswerEnds has it
};

// The ends that the template writes, which are those that were trained, then those of config.json and
// generation_config.json and the tokenizer's, each once.
Stops stopsOf(const nn::DecoderConfig& config, const data::Encoder& encoder);

// What a result of `model` must say of conversations that the model does not: a template that is not its own, and all ends
// where its files do not name each of them. Errors: the model's own files cannot be read.
Result<weights::Conversation> conversationOf(const std::filesystem::path& model, const nn::DecoderConfig& config,
                                             const data::Encoder& encoder);

} // namespace luthier::inference
