// SPDX-License-Identifier: GPL-3.0-or-later
// PieceModel: what turns one pre-token into ids: byte pair encoding, Unigram or WordPiece.
//
// Threads: const functions may be called from any thread at once; a Scratch belongs to one thread at a time.
#pragma once

#include "core/text/tokenizers/models/piece_table.h"
#include "core/text/tokenizers/models/word_key.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

// A token and the bytes of the pre-token it stands for. Id kNone: bytes that no token stands for.
struct Symbol {
    TokenId id = PieceTable::kNone;
    std::uint32_t length = 0;
};

// Room that calls use again.
struct ModelScratch {
    std::vector<std::uint32_t> ranks;
    std::vector<std::uint32_t> links;
    std::vector<std::uint64_t> queue;
    std::vector<double> scores;
    std::string spelling;
};

class PieceModel {
public:
    virtual ~PieceModel() = default;
    // Appends the symbols of a pre-token; their lengths add up to its size. Not empty, at most kLongestRun bytes.
    virtual void encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const = 0;
    virtual std::string name() const = 0;
    // The token that a short word is as a whole, where the model knows it at once.
    TokenId whole(const WordKey& key) const { return m_words.find(key); }
    // Bytes of a text that a token stands for when it is no substitute (unknown, byte fallback).
    std::uint32_t sizeOf(TokenId id) const
    {
        return id >= 0 && static_cast<std::size_t>(id) < m_sizes.size() ? m_sizes[static_cast<std::size_t>(id)] : 0;
    }

protected:
    WordTable m_words;
    std::vector<std::uint32_t> m_sizes;
};

inline constexpr std::size_t kLongestRun = std::size_t{1} << 31;

} // namespace luthier::text
