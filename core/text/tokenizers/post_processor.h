// SPDX-License-Identifier: GPL-3.0-or-later
// PostProcessor: the "post_processor" of a tokenizer.json: which tokens stand around a text.
//
// Threads: plain data.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <string>
#include <vector>

namespace luthier::text {

struct PostProcessor {
    std::vector<TokenId> before;
    std::vector<TokenId> after;

    // null: none. Only what concerns one text is read. Errors name the key.
    static Result<PostProcessor> fromJson(const Json& value, const std::string& key);
};

} // namespace luthier::text
