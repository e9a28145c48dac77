// SPDX-License-Identifier: GPL-3.0-or-later
// GgufVocabulary: the lists of tokenizer.ggml.*, checked against one another. Internal to gguf_tokenizer.
//
// Threads: plain data; the pointers live as long as the file's header.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/gguf/file.h"
#include "core/text/tokenizers/gguf/bpe_parts.h"

#include <optional>
#include <string>
#include <vector>

namespace luthier::text {

struct GgufVocabulary {
    std::string model;                       // "gpt2", "llama"
    std::string pre;                         // tokenizer.ggml.pre
    const std::vector<std::string>* tokens = nullptr;
    const std::vector<std::string>* merges = nullptr; // gpt2
    const std::vector<double>* scores = nullptr;      // llama
    const std::vector<double>* types = nullptr;       // null: all normal
    bool addBos = false;
    bool addEos = false;
    bool addSpacePrefix = true;

    BpeTokenType typeOf(std::size_t id) const
    {
        return types ? static_cast<BpeTokenType>(static_cast<std::int32_t>((*types)[id])) : BpeTokenType::Normal;
    }
    bool isMet(std::size_t id) const { return typeOf(id) != BpeTokenType::Unused; }
};

// The lists belong to `file`, which must outlive them.
Result<GgufVocabulary> ggufVocabulary(const gguf::File& file);

// The spelling of the token that tokenizer.ggml.<name> gives the id of; nullopt: the file names none.
Result<std::optional<std::string>> ggufSpecial(const gguf::File& file, const GgufVocabulary& vocabulary, const char* name);

// Merges of a vocabulary with scores: each way of making a piece of two others, the highest score first.
Result<Json> mergesOfScores(const GgufVocabulary& vocabulary);

} // namespace luthier::text
