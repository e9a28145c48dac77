// SPDX-License-Identifier: GPL-3.0-or-later
// Where encode puts its tokens: with their places (TokenSink), or ids alone (IdSink), which is quicker.
//
// Threads: belongs to one thread.
#pragma once

#include "core/text/characters/offset_map.h"
#include "core/text/tokenizers/models/piece_model.h"
#include "core/text/tokenizers/models/word_cache.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace luthier::text {

// Grows in large steps and is cut to size at the end, so that writing needs no check a token.
template <class T>
class SinkRoom {
public:
    void room(std::size_t more)
    {
        if (m_items.size() < m_size + more) {
            m_items.resize(std::max(m_size + more, m_items.size() * 2));
        }
    }
    // About as many tokens as a text of this size has.
    void expect(std::size_t bytes) { room(std::min(bytes / 3, std::size_t{1} << 16) + 16); }
    std::size_t size() const { return m_size; }
    std::vector<T> take()
    {
        m_items.resize(m_size);
        return std::move(m_items);
    }

protected:
    std::vector<T> m_items;
    std::size_t m_size = 0;
};

// put() writes up to kMostIds past the size: room() comes before.
class IdSink : public SinkRoom<TokenId> {
public:
    void add(TokenId id, std::size_t, std::size_t)
    {
        room(1);
        m_items[m_size++] = id;
    }
    void put(const WordCache::Entry& entry, std::size_t, std::size_t, const PieceModel&)
    {
        std::copy(entry.ids.begin(), entry.ids.end(), m_items.data() + m_size);
        m_size += static_cast<std::size_t>(entry.count());
    }
    void move(std::size_t, const ChangedText&, std::size_t) {}
};

class TokenSink : public SinkRoom<Token> {
public:
    void add(TokenId id, std::size_t begin, std::size_t end)
    {
        room(1);
        m_items[m_size++] = {id, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
    }
    void put(const WordCache::Entry& entry, std::size_t begin, std::size_t end, const PieceModel& model)
    {
        Token* at = m_items.data() + m_size;
        if (entry.ids[1] == WordCache::kNone) {
            *at = {entry.ids[0], static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
            ++m_size;
            return;
        }
        const int count = entry.count();
        auto from = static_cast<std::int64_t>(begin);
        for (int i = 0; i < count; ++i) {
            const auto to = from + model.sizeOf(entry.ids[static_cast<std::size_t>(i)]);
            at[i] = {entry.ids[static_cast<std::size_t>(i)], from, to};
            from = to;
        }
        m_size += static_cast<std::size_t>(count);
    }
    // The same with a table of places.
    void moveBy(std::size_t first, const std::vector<std::int64_t>& origin)
    {
        for (auto i = first; i < m_size; ++i) {
            m_items[i].begin = origin[static_cast<std::size_t>(m_items[i].begin)];
            m_items[i].end = origin[static_cast<std::size_t>(m_items[i].end)];
        }
    }
    // Tokens from `first` on were placed in `text`; they go where it came from, `base` further.
    void move(std::size_t first, const ChangedText& text, std::size_t base)
    {
        for (auto i = first; i < m_size; ++i) {
            auto& token = m_items[i];
            token.begin = static_cast<std::int64_t>(text.origin(static_cast<std::size_t>(token.begin)) + base);
            token.end = static_cast<std::int64_t>(text.origin(static_cast<std::size_t>(token.end)) + base);
        }
    }
};

} // namespace luthier::text
