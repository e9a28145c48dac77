// SPDX-License-Identifier: GPL-3.0-or-later
// LooseStart: the beginning of LoRA on the embedding, the head and rows of single tokens. Names torch types; internal to peft.
#pragma once

#include "core/peft/folders/lora_config.h"
#include "core/peft/methods/lora_settings.h"

#include <ATen/core/Generator.h>

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::nn {
class Decoder;
}

namespace luthier::peft {

struct LooseTargets {
    std::vector<std::string> projections; // the other names
    bool embedding = false;
    bool head = false;

    bool any() const { return embedding || head; }
};

// What target_modules names besides projections: by the last name, "embed_tokens", or the whole path. "all-linear" means
// neither, as in PEFT.
LooseTargets looseTargets(const nn::Decoder& decoder, const std::vector<std::string>& targets);

struct LooseSeed {
    std::filesystem::path baseFolder; // for its tokenizer, where tokens are spelt
    at::Generator& generator;
};

// Trained leaves that change nothing yet: of the embedding A zeros and B normal, of the head A uniform and B zeros, rows as
// the embedding has them, as PEFT begins. Errors: DoRA or a bias of these, a table that is trained whole too, tokens that the
// model does not have, twice the same.
Result<void> attachLoose(nn::Decoder& decoder, const LooseTargets& targets, const LoraSettings& settings, const LoraConfig& config,
                         const LooseSeed& seed);

} // namespace luthier::peft
