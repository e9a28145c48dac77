// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/models/word_piece_model.h"

#include <algorithm>

namespace luthier::text {

WordPieceModel::WordPieceModel(const PieceTable& pieces, std::string prefix, std::size_t longest, TokenId unknown)
    : m_pieces(pieces), m_prefix(std::move(prefix)), m_longest(longest), m_unknown(unknown)
{
    m_sizes.resize(static_cast<std::size_t>(pieces.end()));
    for (TokenId id = 0; id < pieces.end(); ++id) {
        const auto piece = pieces.piece(id);
        const bool goesOn = !m_prefix.empty() && piece.starts_with(m_prefix);
        m_sizes[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(piece.size() - (goesOn ? m_prefix.size() : 0));
    }
}

void WordPieceModel::encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const
{
    const auto first = out.size();
    const auto isCharacter = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto unknown = [&] {
        out.resize(first);
        out.push_back({m_unknown, static_cast<std::uint32_t>(piece.size())});
    };
    if (static_cast<std::size_t>(std::count_if(piece.begin(), piece.end(), isCharacter)) > m_longest) {
        unknown();
        return;
    }
    auto& spelling = scratch.spelling;
    for (std::size_t at = 0; at < piece.size();) {
        spelling = at > 0 ? m_prefix : std::string();
        const auto front = spelling.size();
        spelling += piece.substr(at);
        auto id = m_pieces.find(spelling);
        while (id == PieceTable::kNone && spelling.size() > front) {
            while (!isCharacter(spelling.back())) {
                spelling.pop_back();
            }
            spelling.pop_back();
            id = spelling.size() > front ? m_pieces.find(spelling) : PieceTable::kNone;
        }
        if (id == PieceTable::kNone) {
            unknown();
            return;
        }
        out.push_back({id, static_cast<std::uint32_t>(spelling.size() - front)});
        at += spelling.size() - front;
    }
}

} // namespace luthier::text
