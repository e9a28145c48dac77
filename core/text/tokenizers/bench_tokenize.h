// SPDX-License-Identifier: GPL-3.0-or-later
// How quickly a tokenizer reads texts on one core, in processor time of the calling thread.
//
// Threads: any; another one that tokenizes beside it shares the caches that are measured. Bytes are of UTF-8, rates a second.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::text {

struct TokenizeBench {
    std::int64_t bytes = 0;
    std::int64_t tokens = 0;
    double firstBytesPerSecond = 0;  // the first time over all texts, when no word was met before
    double bytesPerSecond = 0;       // the best of the repeats: ids alone
    double placedBytesPerSecond = 0; // the best of the repeats: with the place of each token
};

// Errors: "cancelled", no text.
Result<TokenizeBench> benchTokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int repeats,
                                    const base::CancelToken& cancel);

// Prose in eighteen languages, sources, tables and numbers, about `bytes` in all, with many words that occur once; the
// same every time.
std::vector<std::string> mixedTexts(std::size_t bytes);

} // namespace luthier::text
