// SPDX-License-Identifier: GPL-3.0-or-later
// GgufTokens: a model's vocabulary in the terms of a GGUF file (tokenizer.ggml.*), out of a folder's tokenizer.json or
// tokenizer.model, or another GGUF file. Byte-level BPE becomes "gpt2" with the name of a way of splitting text,
// sentencepiece's BPE becomes "llama" with scores; others have no place in the format and are refused.
//
// Threads: plain data, free functions.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/gguf/content.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::text {

// Ends of an answer that a GGUF file can name beside the end of a text: "eot" and "eom".
inline constexpr std::size_t kGgufEnds = 2;

struct GgufTokens {
    std::string model;                // "gpt2", "llama"
    std::string pre = "default";      // a row of preTokenizerNames()
    std::vector<std::string> tokens;  // by id
    std::vector<std::int32_t> types;  // BpeTokenType
    std::vector<double> scores;       // llama
    std::vector<std::string> merges;  // gpt2
    bool addSpacePrefix = true;       // llama
    bool addBos = false;
    bool addEos = false;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> unknown;
    std::optional<TokenId> pad;
    std::vector<TokenId> moreEnds;    // of a turn, of a message: kGgufEnds of them have a name
    std::string chatTemplate;         // empty: none
    std::string toolTemplate;         // used when tools are given; empty: none
};

// `rows`: of the embedding; ids that the tokenizer lacks are filled up. `ends`: ids that end an answer. `chatTemplate`:
// instead of the model's own; empty: its own.
// Errors name the file and what has no place in a GGUF file.
Result<GgufTokens> ggufTokens(const std::filesystem::path& model, std::int64_t rows, const std::vector<TokenId>& ends,
                              const std::string& chatTemplate = {});

void addTokens(const GgufTokens& tokens, gguf::Content& content);

// The row of preTokenizerNames() that splits text as `tokenizer` does: one that its file spells alike, else the first
// that gives the same ids on texts in many scripts. `file`: its tokenizer.json.
Result<std::string> preTokenizerNameOf(const Tokenizer& tokenizer, const GgufTokens& tokens, const Json& file);

} // namespace luthier::text
