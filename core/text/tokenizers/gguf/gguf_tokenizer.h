// SPDX-License-Identifier: GPL-3.0-or-later
// GgufTokenizer: the tokenizer.json and tokenizer_config.json that the vocabulary of a GGUF file stands for
// (tokenizer.ggml.model "gpt2": byte-level BPE; "llama": sentencepiece's BPE with scores). The tokenizer is made from
// these two, so what a saved model folder gets is what was used.
//
// Threads: free functions.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/gguf/file.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <memory>

namespace luthier::text {

// Errors name the setting, without the file.
Result<Json> ggufTokenizerJson(const gguf::File& file);
Result<Json> ggufTokenizerConfig(const gguf::File& file);

// The same of a path; errors begin with it.
Result<Json> readGgufTokenizerConfig(const std::filesystem::path& path);
Result<std::shared_ptr<const Tokenizer>> loadGgufTokenizer(const std::filesystem::path& path);

} // namespace luthier::text
