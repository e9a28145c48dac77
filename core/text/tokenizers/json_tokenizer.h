// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json of Hugging Face's tokenizers, version 1.0, with the special tokens of the files beside it. What is
// not supported is refused by name; "truncation" and "padding" are left to whoever encodes.
//
// Threads: any.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <memory>
#include <string_view>

namespace luthier::text {

struct TokenizerConfig;

inline constexpr std::size_t kLargestTokenizerJson = std::size_t{256} << 20; // bytes

// Reads tokenizer.json and the settings beside it.
Result<std::shared_ptr<const Tokenizer>> loadTokenizerJson(const std::filesystem::path& folder);

// The same from text. Errors do not name a file.
Result<std::shared_ptr<const Tokenizer>> parseTokenizerJson(std::string_view text, const TokenizerConfig& config);

} // namespace luthier::text
