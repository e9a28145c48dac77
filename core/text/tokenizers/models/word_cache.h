// SPDX-License-Identifier: GPL-3.0-or-later
// WordCache: ids of pre-tokens that were met lately. Short ones (up to 15 bytes and 4 tokens) lie in a table, two to a
// cache line and four to a place; a newcomer pushes out the oldest of the four. The table grows with the words that come, from what a core's
// second-level cache holds to 16 MiB; frequent words keep their lines near the core either way. Others lie in a bounded
// store that starts over when it is full.
//
// Threads: belongs to one thread at a time.
#pragma once

#include "core/text/tokenizers/models/byte_hash.h"
#include "core/text/tokenizers/models/word_key.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class WordCache {
public:
    static constexpr std::size_t kLong = 256;   // bytes; longer words are not kept
    static constexpr std::size_t kMostIds = 4;  // of a short word
    static constexpr TokenId kNone = -1;
    struct Entry {
        WordKey key;
        std::array<TokenId, kMostIds> ids{kNone, kNone, kNone, kNone};
        int count() const { return 1 + (ids[1] != kNone) + (ids[2] != kNone) + (ids[3] != kNone); }
    };

    WordCache() : m_lines(kFewestLines) {}

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&m_lines[hash & (m_lines.size() - 1)]); }
    const Entry* find(const WordKey& key, std::uint64_t hash) const
    {
        const auto home = hash & (m_lines.size() - 1);
        for (const auto line : {home, home ^ 1U}) {
            for (const auto& entry : m_lines[line].two) {
                if (entry.key == key) {
                    return &entry;
                }
            }
        }
        return nullptr;
    }
    void put(const WordKey& key, const std::array<TokenId, kMostIds>& ids)
    {
        if (++m_puts > m_lines.size() && m_lines.size() < kMostLines) {
            grow();
        }
        place({key, ids});
    }

    // Words of more bytes or tokens.
    std::span<const TokenId> findLong(std::string_view word) const
    {
        const auto home = hashBytes(word) >> (64 - kSlotBits);
        for (const auto at : {home, home ^ 1U}) {
            const auto& slot = m_slots[at];
            if (slot.size == word.size() && std::memcmp(m_bytes.data() + slot.begin, word.data(), word.size()) == 0) {
                return {m_ids.data() + slot.firstId, slot.count};
            }
        }
        return {};
    }
    void putLong(std::string_view word, std::span<const TokenId> ids)
    {
        if (m_bytes.size() + word.size() > kMostBytes || m_ids.size() + ids.size() > kMostBytes / 4) {
            m_bytes.clear();
            m_ids.clear();
            m_slots.assign(m_slots.size(), {});
        }
        const auto home = hashBytes(word) >> (64 - kSlotBits);
        m_slots[home ^ 1U] = m_slots[home].size > 0 ? m_slots[home] : m_slots[home ^ 1U];
        m_slots[home] = {static_cast<std::uint32_t>(m_bytes.size()), static_cast<std::uint32_t>(m_ids.size()),
                         static_cast<std::uint16_t>(word.size()), static_cast<std::uint16_t>(ids.size())};
        m_bytes += word;
        m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    }

private:
    static constexpr std::size_t kFewestLines = std::size_t{1} << 12;
    static constexpr std::size_t kMostLines = std::size_t{1} << 18;
    static constexpr int kSlotBits = 16;
    static constexpr std::size_t kMostBytes = std::size_t{1} << 21;

    struct alignas(64) Line {
        Entry two[2];
    };
    // In front of its line; what falls off the line goes to its neighbour, in front of what was there.
    void place(const Entry& entry)
    {
        const auto home = entry.key.hash() & (m_lines.size() - 1);
        auto& two = m_lines[home].two;
        auto& others = m_lines[home ^ 1U].two;
        if (two[1].ids[0] != kNone) {
            others[others[0].ids[0] == kNone ? 0 : 1] = two[1];
        }
        two[1] = two[0];
        two[0] = entry;
    }
    void grow()
    {
        std::vector<Line> old(m_lines.size() * 2);
        old.swap(m_lines);
        m_puts = 0;
        for (const auto& line : old) {
            for (const auto* entry : {&line.two[1], &line.two[0]}) {
                if (entry->ids[0] != kNone) {
                    place(*entry);
                    ++m_puts;
                }
            }
        }
    }
    struct Slot {
        std::uint32_t begin = 0;
        std::uint32_t firstId = 0;
        std::uint16_t size = 0;
        std::uint16_t count = 0;
    };
    std::vector<Line> m_lines;
    std::size_t m_puts = 0; // since the table grew
    std::vector<Slot> m_slots{std::size_t{1} << kSlotBits};
    std::string m_bytes;
    std::vector<TokenId> m_ids;
};

} // namespace luthier::text
