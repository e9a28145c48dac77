// SPDX-License-Identifier: GPL-3.0-or-later
// The "model" of a tokenizer.json: its vocabulary, merges or scores.
//
// Threads: any.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer_spec.h"

namespace luthier::text {

// Whether a value is a whole number that may be a token's id.
bool isTokenId(const Json& value);

// `root` is the whole file. Errors name the key.
Result<void> readJsonModel(const Json& root, TokenizerSpec& spec);

} // namespace luthier::text
