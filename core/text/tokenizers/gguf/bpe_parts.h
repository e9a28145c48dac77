// SPDX-License-Identifier: GPL-3.0-or-later
// BpeParts: a byte-level BPE tokenizer from its parts, for files that hold them otherwise than a tokenizer.json does:
// GGUF (tokenizer.ggml.model "gpt2"), vocab.json with merges.txt.
//
// Threads: plain data; makeBpeTokenizer from any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

// The numbers of GGUF's tokenizer.ggml.token_type.
enum class BpeTokenType : std::int32_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

struct BpeParts {
    // By id, in byte letters (a space is U+0120) as GGUF and vocab.json have them. Unused ones are padding: they are
    // never met in a text, and several may be spelled alike.
    std::vector<std::string> tokens;
    // By id; empty: all normal. Control tokens are special, user-defined ones are added tokens; both are cut out of a
    // text as they are spelled.
    std::vector<BpeTokenType> types;
    std::vector<std::string> merges; // "left right", the first merges first
    // A row of preTokenizerNames(): GGUF's tokenizer.ggml.pre.
    std::string preTokenizer = "gpt-2";
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> pad;
    bool addBos = false;
    bool addEos = false;
};

// "gpt-2", "llama-bpe", "qwen2", ... GGUF's "default" is none of them: it stands for a vocabulary that was not recognised.
std::vector<std::string_view> preTokenizerNames();

// What such a row stands for, in the terms of a tokenizer.json. Errors name the known ones.
struct BpeSplit {
    Json normalizer; // null: none
    Json preTokenizer;
    bool ignoreMerges = false;
};
Result<BpeSplit> bpeSplit(std::string_view name);

// Errors name the part and what is wrong with it ("merges[17]: ..."), without a file.
Result<std::shared_ptr<const Tokenizer>> makeBpeTokenizer(BpeParts parts);

} // namespace luthier::text
