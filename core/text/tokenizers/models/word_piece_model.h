// SPDX-License-Identifier: GPL-3.0-or-later
// WordPieceModel: the longest piece of the vocabulary from the left, again and again; a word that does not come out
// even is unknown as a whole. As BERT's vocabularies are read (Wu et al. 2016); nothing fails.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/models/piece_model.h"

namespace luthier::text {

class WordPieceModel : public PieceModel {
public:
    // `pieces` must outlive the model. `longest`: characters of a word that is looked at, at most 1000.
    WordPieceModel(const PieceTable& pieces, std::string prefix, std::size_t longest, TokenId unknown);
    void encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const override;
    std::string name() const override { return "WordPiece"; }

private:
    const PieceTable& m_pieces;
    std::string m_prefix;
    std::size_t m_longest;
    TokenId m_unknown;
};

} // namespace luthier::text
