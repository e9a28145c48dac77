// SPDX-License-Identifier: GPL-3.0-or-later
// TokenTile: one token as the strip draws it. A plain value made on a working thread.
#pragma once

#include <QString>

#include <cstdint>
#include <vector>

namespace luthier::ui {

struct TokenTile {
    std::int32_t id = 0;
    QString label;          // what stands on the tile: white space made visible
    QString piece;          // the vocabulary's own spelling
    QString text;           // the text it covers, as it is
    QString bytes;          // "e2 82 ac"; empty when the tokenizer added it
    bool trained = false;   // a target: the loss looks at it
    bool special = false;   // BOS, EOS, markers
    bool endsLine = false;  // covers a line feed: the next tile starts a new line
};

struct TokenStripContent {
    std::vector<TokenTile> tiles; // after the cut
    std::int64_t fullLength = 0;  // tokens before the cut
    bool truncated = false;
    QString cutText;              // the beginning of what the cut took

    std::int64_t numTrained() const
    {
        std::int64_t count = 0;
        for (const TokenTile& tile : tiles) {
            count += tile.trained ? 1 : 0;
        }
        return count;
    }

    // The token that ends what is read; white space that a template writes behind it is none. null: no such token.
    const TokenTile* end() const
    {
        for (auto tile = tiles.rbegin(); tile != tiles.rend(); ++tile) {
            if (tile->trained || tile->special || !tile->text.trimmed().isEmpty()) {
                return &*tile;
            }
        }
        return nullptr;
    }
};

} // namespace luthier::ui
