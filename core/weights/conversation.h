// SPDX-License-Identifier: GPL-3.0-or-later
// Conversation: what a written model or adapter says of conversations beside its weights: the template that was chosen for
// it, and the tokens that end an answer. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::weights {

struct Conversation {
    std::string chatTemplate;        // instead of the model's own; empty: what the model has stays
    std::vector<text::TokenId> ends; // of an answer
};

// Into a folder that is written otherwise: the template as chat_template.jinja and, where there is a tokenizer_config.json,
// in it too, for programs that read only that; templates for tools beside it belong to the one that it replaces and go.
// generation_config.json gets the ends that neither it nor config.json names.
Result<void> writeConversation(const std::filesystem::path& folder, const Conversation& conversation);

} // namespace luthier::weights
