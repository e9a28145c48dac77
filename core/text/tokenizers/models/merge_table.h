// SPDX-License-Identifier: GPL-3.0-or-later
// MergeTable: which two neighbours become one piece, and how early. A lower rank merges first.
//
// A pair of ids (46 bits) is scrambled one to one; the upper bits choose its slot and only the lower ones are kept
// there, with how far the pair lies from its slot and its rank, so that a slot is one machine word.
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <vector>

namespace luthier::text {

class MergeTable {
public:
    static constexpr std::uint32_t kNever = 0x3FFFFFFF;

    // The next rank. Ids and ranks are at most 2^22; the last of equal pairs counts.
    void add(TokenId left, TokenId right, TokenId made);

    // The rank of a pair; kNever when it does not merge.
    std::uint32_t find(TokenId left, TokenId right) const
    {
        if ((left | right) < 0) {
            return kNever;
        }
        const auto key = scrambled(left, right);
        // Most pairs are in no merge; a small table of bits says so without reading the large one.
        if (m_slots.empty() || (m_filter[filterWord(key)] & filterBit(key)) == 0) {
            return kNever;
        }
        const auto wanted = key & m_restMask;
        for (auto slot = key >> m_restBits;; ++slot) {
            const auto value = m_slots[slot];
            if ((value & kUsed) == 0) {
                return kNever;
            }
            if ((value >> kRestShift) == (wanted | ((slot - (key >> m_restBits)) << m_restBits))) {
                return static_cast<std::uint32_t>(value & kRankMask);
            }
        }
    }
    TokenId made(std::uint32_t rank) const { return m_made[rank]; }

private:
    static constexpr int kIdBits = 23; // of ids and ranks
    static constexpr int kKeyBits = 2 * kIdBits;
    static constexpr std::uint64_t kKeyMask = (std::uint64_t{1} << kKeyBits) - 1;
    static constexpr std::uint64_t kRankMask = (std::uint64_t{1} << kIdBits) - 1;
    static constexpr std::uint64_t kUsed = std::uint64_t{1} << kIdBits;
    static constexpr int kRestShift = kIdBits + 1;
    static constexpr std::uint64_t kFarthest = 15; // slots a pair may lie behind its own

    static std::uint64_t scrambled(TokenId left, TokenId right)
    {
        // Odd factors and xor-shifts are one to one on numbers of kKeyBits bits.
        auto key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << kIdBits) | static_cast<std::uint32_t>(right);
        key = (key * 0x9E3779B97F4A7C15ULL) & kKeyMask;
        key ^= key >> (kKeyBits / 2);
        return (key * 0xD6E8FEB86659FD93ULL) & kKeyMask;
    }
    std::size_t filterWord(std::uint64_t key) const { return (key >> (m_restBits - 2 + 6)) & (m_filter.size() - 1); }
    std::uint64_t filterBit(std::uint64_t key) const { return std::uint64_t{1} << ((key >> (m_restBits - 2)) & 63); }
    bool put(std::uint64_t key, std::uint32_t rank);
    void grow();

    std::vector<std::uint64_t> m_slots;  // a few more than a power of two, at most three quarters full
    std::vector<std::uint64_t> m_filter; // 4 bits a slot
    std::vector<TokenId> m_made;         // by rank
    std::vector<std::uint64_t> m_keys;  // by rank
    int m_restBits = 0;
    std::uint64_t m_restMask = 0;
};

} // namespace luthier::text
