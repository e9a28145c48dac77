// SPDX-License-Identifier: GPL-3.0-or-later
// SpmWords: what the library made of words that were met lately, with the places of their pieces: it takes some 1.5 us for a word, and a
// look here a twentieth of that. Bounded: it starts over when it is full. Internal to text.
//
// Threads: belongs to one thread at a time.
#pragma once

#include "core/text/tokenizers/models/byte_hash.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class SpmWords {
public:
    static constexpr std::size_t kLongest = 64; // bytes; longer words are not kept
    struct Piece {
        TokenId id = 0;
        std::uint16_t begin = 0; // bytes of the word
        std::uint16_t end = 0;
    };

    // Nothing: not met lately.
    std::span<const Piece> find(std::string_view word) const
    {
        const auto home = hashBytes(word) >> (64 - kSlotBits);
        for (const auto at : {home, home ^ 1U}) {
            const Slot& slot = m_slots[at];
            if (slot.size == word.size() && std::memcmp(m_bytes.data() + slot.begin, word.data(), word.size()) == 0) {
                return {m_pieces.data() + slot.firstPiece, slot.count};
            }
        }
        return {};
    }

    // `word` of at most kLongest bytes, not empty; `shift`: where it begins, as its tokens count.
    void put(std::string_view word, std::span<const Token> tokens, std::int64_t shift)
    {
        if (m_bytes.size() + word.size() > kMostBytes || m_pieces.size() + tokens.size() > kMostBytes) {
            m_bytes.clear();
            m_pieces.clear();
            m_slots.assign(m_slots.size(), {});
        }
        const auto home = hashBytes(word) >> (64 - kSlotBits);
        m_slots[home ^ 1U] = m_slots[home].size > 0 ? m_slots[home] : m_slots[home ^ 1U];
        m_slots[home] = {static_cast<std::uint32_t>(m_bytes.size()), static_cast<std::uint32_t>(m_pieces.size()),
                         static_cast<std::uint16_t>(word.size()), static_cast<std::uint16_t>(tokens.size())};
        m_bytes += word;
        for (const Token& token : tokens) {
            m_pieces.push_back({token.id, static_cast<std::uint16_t>(token.begin - shift), static_cast<std::uint16_t>(token.end - shift)});
        }
    }

private:
    static constexpr int kSlotBits = 16;
    static constexpr std::size_t kMostBytes = std::size_t{1} << 20; // and as many pieces

    struct Slot {
        std::uint32_t begin = 0;
        std::uint32_t firstPiece = 0;
        std::uint16_t size = 0;
        std::uint16_t count = 0;
    };
    std::vector<Slot> m_slots{std::size_t{1} << kSlotBits};
    std::string m_bytes;
    std::vector<Piece> m_pieces;
};

} // namespace luthier::text
