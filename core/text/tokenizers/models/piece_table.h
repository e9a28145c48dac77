// SPDX-License-Identifier: GPL-3.0-or-later
// PieceTable: the spellings of a vocabulary by id, and ids by spelling. Ids may have gaps.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/models/byte_hash.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class PieceTable {
public:
    static constexpr TokenId kNone = -1;

    // False when the spelling or the id is taken. Ids are 0 or more.
    bool add(TokenId id, std::string_view spelling);
    // A spelling may be there already: both ids have it from then on, and the new one is found. False when the id is taken.
    bool addAgain(TokenId id, std::string_view spelling);

    TokenId find(std::string_view spelling) const
    {
        if (m_slots.empty()) {
            return kNone;
        }
        const auto mask = m_slots.size() - 1;
        for (auto slot = hashBytes(spelling) & mask; m_slots[slot] != kNone; slot = (slot + 1) & mask) {
            if (piece(m_slots[slot]) == spelling) {
                return m_slots[slot];
            }
        }
        return kNone;
    }
    bool has(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < m_places.size() && m_places[id].isSet; }
    std::string_view piece(TokenId id) const
    {
        return has(id) ? std::string_view(m_bytes).substr(m_places[id].begin, m_places[id].size) : std::string_view();
    }
    TokenId end() const { return static_cast<TokenId>(m_places.size()); } // one past the largest id
    std::size_t count() const { return m_count; }

private:
    void place(TokenId id, std::string_view spelling);
    void grow();

    struct Place {
        std::uint64_t begin = 0;
        std::uint32_t size = 0;
        bool isSet = false;
    };
    std::string m_bytes;
    std::vector<Place> m_places;
    std::vector<TokenId> m_slots; // open addressing, at most half full
    std::size_t m_count = 0;
};

} // namespace luthier::text
