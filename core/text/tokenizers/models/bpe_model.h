// SPDX-License-Identifier: GPL-3.0-or-later
// BpeModel: byte pair encoding over characters, or over bytes when the vocabulary is byte-level.
//
// Merging is by rank, of equal ranks the leftmost first (Sennrich, Haddow and Birch 2016; over bytes Radford et al. 2019). A short
// word is merged in place; a long one through a queue, in n log n steps. Nothing fails: what is unknown becomes the unknown token, its
// bytes, or nothing, as the settings say. Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/models/merge_table.h"
#include "core/text/tokenizers/models/piece_model.h"

#include <array>
#include <unordered_map>
#include <utility>

namespace luthier::text {

struct BpeSettings {
    bool byteLevel = false; // pieces are raw bytes: the alphabet of 256 letters was translated back
    bool ignoreMerges = false;
    bool byteFallback = false;
    bool fuseUnknown = false;
    TokenId unknown = PieceTable::kNone; // none: what is unknown is left out
};

class BpeModel : public PieceModel {
public:
    // `pieces` must outlive the model: spelling as it is matched, raw bytes when byteLevel.
    BpeModel(const PieceTable& pieces, BpeSettings settings);

    // In the order of ranks.
    void addMerge(TokenId left, TokenId right, TokenId made) { m_merges.add(left, right, made); }
    // After the last merge.
    void finish();

    void encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const override;
    std::string name() const override { return m_settings.byteLevel ? "byte-level BPE" : "BPE"; }

private:
    void startBytes(std::string_view piece, std::vector<Symbol>& out) const;
    void startCharacters(std::string_view piece, std::vector<Symbol>& out) const;
    void addUnknown(std::string_view bytes, std::size_t first, std::vector<Symbol>& out) const;
    TokenId characterId(char32_t value) const;
    bool fallsBack(std::string_view bytes) const;
    void mergeShort(std::string_view piece, std::vector<Symbol>& out, std::size_t first) const;
    void mergeLong(ModelScratch& scratch, std::vector<Symbol>& out, std::size_t first) const;

    const PieceTable& m_pieces;
    BpeSettings m_settings;
    MergeTable m_merges;
    std::vector<std::uint32_t> m_bytePairs; // byte-level: the rank of each two bytes; empty before finish()
    std::array<TokenId, 256> m_byteIds{};         // byte-level: of each byte; else of each ASCII character
    std::array<TokenId, 256> m_fallbackIds{};     // "<0x00>" ...
    std::unordered_map<char32_t, TokenId> m_characters; // beyond ASCII
};

} // namespace luthier::text
