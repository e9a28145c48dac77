// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.model through sentencepiece, with added tokens cut out first and the dummy prefix as
// transformers' LlamaTokenizer places it ("legacy" or not).
//
// Threads: the tokenizer's const functions may be called from any thread at once.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <memory>

namespace luthier::text {

// Reads tokenizer.model and the settings beside it.
Result<std::shared_ptr<const Tokenizer>> loadSentencePiece(const std::filesystem::path& folder);

} // namespace luthier::text
