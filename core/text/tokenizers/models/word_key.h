// SPDX-License-Identifier: GPL-3.0-or-later
// WordKey: up to 15 bytes of a word and their number in two machine words. WordTable: ids by such keys, written once.
//
// Threads: plain data; const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/tokenizer.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace luthier::text {

struct WordKey {
    static constexpr std::size_t kLongest = 15; // bytes

    std::uint64_t low = 0;
    std::uint64_t high = 0; // the last byte holds the length

    bool operator==(const WordKey&) const = default;

    // `readable` says whether 16 bytes may be read from `at`; size is 1 to kLongest.
    static WordKey of(const char* at, std::size_t size, bool readable)
    {
        WordKey key;
        std::memcpy(&key, at, readable ? 16 : size);
        key.low &= kMasks[size];
        key.high = (key.high & kMasks[size > 8 ? size - 8 : 0]) | (static_cast<std::uint64_t>(size) << 56);
        return key;
    }
    static WordKey of(std::string_view word) { return of(word.data(), word.size(), false); }

    std::uint64_t hash() const
    {
        const auto mixed = (low ^ (high * 0x9E3779B97F4A7C15ULL)) * 0xD6E8FEB86659FD93ULL;
        return mixed ^ (mixed >> 32);
    }

private:
    // Of the first n bytes of a machine word; all of them from eight on.
    static constexpr std::uint64_t kAll = ~std::uint64_t{0};
    static constexpr std::array<std::uint64_t, 16> kMasks = {
        0,    0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
        kAll, kAll, kAll,   kAll,     kAll,       kAll,         kAll,           kAll};
};

class WordTable {
public:
    static constexpr TokenId kNone = -1;

    bool isEmpty() const { return m_slots.empty(); }
    void reserve(std::size_t count)
    {
        std::size_t size = 64;
        while (size < count * 2) {
            size *= 2;
        }
        m_slots.assign(size, {});
    }
    // reserve() came before with at least the number of words.
    void add(const WordKey& key, TokenId id)
    {
        auto slot = key.hash() & (m_slots.size() - 1);
        while (m_slots[slot].id != kNone) {
            slot = (slot + 1) & (m_slots.size() - 1);
        }
        m_slots[slot] = {key, id};
    }
    TokenId find(const WordKey& key) const
    {
        if (m_slots.empty()) {
            return kNone;
        }
        for (auto slot = key.hash() & (m_slots.size() - 1); m_slots[slot].id != kNone;
             slot = (slot + 1) & (m_slots.size() - 1)) {
            if (m_slots[slot].key == key) {
                return m_slots[slot].id;
            }
        }
        return kNone;
    }

private:
    struct Slot {
        WordKey key;
        TokenId id = kNone;
    };
    std::vector<Slot> m_slots; // open addressing, at most half full
};

} // namespace luthier::text
