// SPDX-License-Identifier: GPL-3.0-or-later
// TokenizerConfig: what tokenizer_config.json, special_tokens_map.json and added_tokens.json say about a
// vocabulary. A missing file is not an error; a broken one is.
//
// Threads: plain data.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/tokenizers/added_tokens.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace luthier::text {

struct TokenizerConfig {
    Json specials = Json::object();        // {"bos_token": "<s>", ...}: strings only; null where the file says null
    std::vector<std::string> specialTexts; // every spelling the files call special
    std::vector<AddedToken> added;         // added_tokens_decoder, then added_tokens.json
    std::optional<bool> addBos;
    std::optional<bool> addEos;
    std::optional<bool> legacy;
    std::optional<bool> addPrefixSpace;
    Json chatTemplate; // string, list of {"name","template"}, or null

    // Spelling of "bos_token" and the like; empty when there is none.
    std::string special(const std::string& name) const;
};

// Of a GGUF file: what its settings say.
Result<TokenizerConfig> readTokenizerConfig(const std::filesystem::path& folder);

} // namespace luthier::text
