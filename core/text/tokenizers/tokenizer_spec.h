// SPDX-License-Identifier: GPL-3.0-or-later
// TokenizerSpec: everything that makes a tokenizer, in the terms of tokenizer.json, whatever file it came from.
//
// Threads: plain data.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/tokenizers/added_tokens.h"
#include "core/text/tokenizers/models/piece_table.h"
#include "core/text/tokenizers/tokenizer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

inline constexpr std::size_t kMostVocabulary = std::size_t{1} << 21; // tokens
inline constexpr std::size_t kMostMerges = std::size_t{1} << 22;
inline constexpr TokenId kLargestTokenId = 1 << 22;
inline constexpr std::size_t kLongestSpelling = std::size_t{64} << 10; // bytes
inline constexpr std::size_t kMostAddedTokens = std::size_t{1} << 17;

enum class ModelKind { Bpe, Unigram, WordPiece };

struct TokenizerSpec {
    // Values of the keys of the same names; null where there is none.
    Json normalizer;
    Json preTokenizer;
    Json postProcessor;
    Json decoder;

    ModelKind kind = ModelKind::Bpe;
    PieceTable spellings; // as files write them: byte-level ones in byte letters

    struct Merge {
        TokenId left = 0;
        TokenId right = 0;
        TokenId made = 0;
    };
    std::vector<Merge> merges;  // BPE: in the order of their ranks
    std::vector<double> scores; // Unigram: by id
    bool ignoreMerges = false;
    bool byteFallback = false;
    bool fuseUnknown = false;
    TokenId unknown = PieceTable::kNone;
    std::string wordPrefix = "##";  // WordPiece: in front of what continues a word
    std::size_t longestWord = 100;  // WordPiece: characters; longer ones are unknown

    std::vector<AddedToken> added;
    std::string bos; // spellings; empty for none
    std::string eos;
    std::string pad;

    // Errors say which spelling is taken, too long or out of range.
    // `mayRepeat`: two ids may have one spelling, of which the last is found, as in tokenizers' lists of Unigram pieces.
    Result<void> addPiece(TokenId id, std::string_view spelling, bool mayRepeat = false);
    // Errors name the part that is not in the vocabulary.
    Result<void> addMerge(std::string_view left, std::string_view right);
};

// Errors name the key that is wrong, without the file.
Result<std::shared_ptr<const Tokenizer>> buildTokenizer(TokenizerSpec spec);

} // namespace luthier::text
