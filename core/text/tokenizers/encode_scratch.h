// SPDX-License-Identifier: GPL-3.0-or-later
// EncodeScratch: what one call of encode works with and the next one uses again; ScratchPool lends them out.
//
// Threads: as loan_pool.h says.
#pragma once

#include "core/text/tokenizers/loan_pool.h"
#include "core/text/tokenizers/models/piece_model.h"
#include "core/text/tokenizers/models/word_cache.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <utility>
#include <vector>

namespace luthier::text {

struct EncodeScratch {
    WordCache cache;
    ModelScratch model;
    std::vector<Range> pieces;
    std::vector<Range> spare;
    std::vector<std::pair<WordKey, std::uint64_t>> keys; // of the pieces, with their hashes
    std::vector<Symbol> symbols;
    std::vector<TokenId> ids;
};

using ScratchPool = LoanPool<EncodeScratch>;

} // namespace luthier::text
