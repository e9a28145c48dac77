// SPDX-License-Identifier: GPL-3.0-or-later
// WordCache: ids of pre-tokens that were met lately. Short ones (up to 15 bytes and 4 tokens) lie in a table that fits
// the second-level cache of a core, two to a line; a newcomer pushes out the older of the two. Longer ones lie in a
// bounded store that starts over when it is full.
//
// Threads: belongs to one thread at a time.
#pragma once

#include "core/text/byte_hash.h"
#include "core/text/tokenizer.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class WordCache {
public:
    static constexpr std::size_t kShort = 15;   // bytes
    static constexpr std::size_t kLong = 256;   // bytes; longer words are not kept
    static constexpr std::size_t kMostIds = 4;  // of a short word
    static constexpr TokenId kNone = -1;
    // Of the first n bytes of a word of eight; all of them from eight on.
    static constexpr std::uint64_t kAll = ~std::uint64_t{0};
    static constexpr std::array<std::uint64_t, 16> kMasks = {
        0,    0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
        kAll, kAll, kAll,   kAll,     kAll,       kAll,         kAll,           kAll};

    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0; // the last byte holds the length
        bool operator==(const Key&) const = default;
    };
    struct Entry {
        Key key;
        std::array<TokenId, kMostIds> ids{kNone, kNone, kNone, kNone};
        int count() const { return 1 + (ids[1] != kNone) + (ids[2] != kNone) + (ids[3] != kNone); }
    };

    WordCache() : m_lines(kLines) {}

    // `readable` says whether 16 bytes may be read from `at`.
    static Key keyOf(const char* at, std::size_t size, bool readable)
    {
        Key key;
        if (readable) {
            std::memcpy(&key, at, 16);
        } else {
            std::memcpy(&key, at, size);
        }
        key.low &= kMasks[size];
        key.high = (key.high & kMasks[size > 8 ? size - 8 : 0]) | (static_cast<std::uint64_t>(size) << 56);
        return key;
    }
    static std::size_t lineOf(const Key& key)
    {
        const auto hash = (key.low ^ (key.high * 0x9E3779B97F4A7C15ULL)) * 0xD6E8FEB86659FD93ULL;
        return static_cast<std::size_t>(hash >> (64 - kLineBits));
    }
    const Entry* find(std::size_t line, const Key& key) const
    {
        const auto& two = m_lines[line].two;
        return two[0].key == key ? &two[0] : two[1].key == key ? &two[1] : nullptr;
    }
    void put(std::size_t line, const Key& key, const std::array<TokenId, kMostIds>& ids)
    {
        auto& two = m_lines[line].two;
        two[1] = two[0];
        two[0] = {key, ids};
    }
    void prefetch(std::size_t line) const { __builtin_prefetch(&m_lines[line]); }

    // Words of 16 to kLong bytes.
    std::span<const TokenId> findLong(std::string_view word) const
    {
        const auto& slot = m_slots[hashBytes(word) >> (64 - kSlotBits)];
        if (slot.size == word.size() && std::memcmp(m_bytes.data() + slot.begin, word.data(), word.size()) == 0) {
            return {m_ids.data() + slot.firstId, slot.count};
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
        m_slots[hashBytes(word) >> (64 - kSlotBits)] = {static_cast<std::uint32_t>(m_bytes.size()),
                                                        static_cast<std::uint32_t>(m_ids.size()),
                                                        static_cast<std::uint16_t>(word.size()),
                                                        static_cast<std::uint16_t>(ids.size())};
        m_bytes += word;
        m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    }

private:
    static constexpr int kLineBits = 14;
    static constexpr std::size_t kLines = std::size_t{1} << kLineBits; // 1 MiB
    static constexpr int kSlotBits = 13;
    static constexpr std::size_t kMostBytes = std::size_t{1} << 19;

    struct alignas(64) Line {
        Entry two[2];
    };
    struct Slot {
        std::uint32_t begin = 0;
        std::uint32_t firstId = 0;
        std::uint16_t size = 0;
        std::uint16_t count = 0;
    };
    std::vector<Line> m_lines;
    std::vector<Slot> m_slots{std::size_t{1} << kSlotBits};
    std::string m_bytes;
    std::vector<TokenId> m_ids;
};

} // namespace luthier::text
