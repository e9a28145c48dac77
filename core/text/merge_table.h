// SPDX-License-Identifier: GPL-3.0-or-later
// MergeTable: which two neighbours become one piece, and how early. A lower rank merges first.
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/byte_hash.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <vector>

namespace luthier::text {

class MergeTable {
public:
    static constexpr std::uint32_t kNever = 0xFFFFFFFF;

    struct Merge {
        std::uint32_t rank = kNever;
        TokenId id = 0;
    };

    void reserve(std::size_t count)
    {
        std::size_t size = 1024;
        while (size < count * 2) {
            size *= 2;
        }
        m_slots.assign(size, {});
        m_filter.assign(size * 4 / 64, 0);
    }
    // reserve() came before with at least the number of pairs. The last of equal pairs counts.
    void add(TokenId left, TokenId right, Merge merge)
    {
        const auto key = keyOf(left, right);
        const auto hash = mixBits(key);
        const auto mask = m_slots.size() - 1;
        auto slot = hash & mask;
        while (m_slots[slot].merge.rank != kNever && m_slots[slot].key != key) {
            slot = (slot + 1) & mask;
        }
        m_slots[slot] = {key, merge};
        m_filter[filterWord(hash)] |= filterBit(hash);
    }
    Merge find(TokenId left, TokenId right) const
    {
        const auto key = keyOf(left, right);
        const auto hash = mixBits(key);
        // Most pairs are in no merge; a small table of bits says so without reading the large one.
        if (m_slots.empty() || (m_filter[filterWord(hash)] & filterBit(hash)) == 0) {
            return {};
        }
        const auto mask = m_slots.size() - 1;
        for (auto slot = hash & mask; m_slots[slot].merge.rank != kNever; slot = (slot + 1) & mask) {
            if (m_slots[slot].key == key) {
                return m_slots[slot].merge;
            }
        }
        return {};
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        Merge merge;
    };
    static std::uint64_t keyOf(TokenId left, TokenId right)
    {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
    }
    std::size_t filterWord(std::uint64_t hash) const { return (hash >> 38) & (m_filter.size() - 1); }
    static std::uint64_t filterBit(std::uint64_t hash) { return std::uint64_t{1} << ((hash >> 32) & 63); }

    std::vector<Slot> m_slots;           // open addressing, at most half full
    std::vector<std::uint64_t> m_filter; // 4 bits a slot
};

} // namespace luthier::text
