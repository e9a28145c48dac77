// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/bpe_model.h"

#include "core/text/char_class.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <cstdio>

namespace luthier::text {

namespace {

// From here on a queue is quicker than looking through all ranks for each merge.
constexpr std::size_t kShortWord = 96;

constexpr std::uint32_t kEnd = 0xFFFFFFFF;

} // namespace

BpeModel::BpeModel(const PieceTable& pieces, BpeSettings settings) : m_pieces(pieces), m_settings(settings)
{
    m_byteIds.fill(PieceTable::kNone);
    m_fallbackIds.fill(PieceTable::kNone);
    m_sizes.resize(static_cast<std::size_t>(pieces.end()));
    for (TokenId id = 0; id < pieces.end(); ++id) {
        const auto piece = pieces.piece(id);
        m_sizes[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(piece.size());
        if (piece.empty()) {
            continue;
        }
        const auto first = static_cast<unsigned char>(piece[0]);
        if (piece.size() == 1 && (settings.byteLevel || first < 0x80)) {
            m_byteIds[first] = id;
        } else if (!settings.byteLevel && first >= 0x80) {
            const auto point = decodeAt(piece, 0);
            if (point.valid && static_cast<std::size_t>(point.length) == piece.size()) {
                m_characters.emplace(point.value, id);
            }
        }
    }
    for (unsigned byte = 0; byte < 256 && settings.byteFallback; ++byte) {
        char spelling[8];
        std::snprintf(spelling, sizeof spelling, "<0x%02X>", byte);
        m_fallbackIds[byte] = pieces.find(spelling);
    }
}

void BpeModel::encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const
{
    if (m_settings.ignoreMerges) {
        const auto whole = m_pieces.find(piece);
        if (whole != PieceTable::kNone) {
            out.push_back({whole, static_cast<std::uint32_t>(piece.size())});
            return;
        }
    }
    const auto first = out.size();
    if (m_settings.byteLevel) {
        startBytes(piece, out);
    } else {
        startCharacters(piece, out);
    }
    if (out.size() - first <= kShortWord) {
        mergeShort(scratch, out, first);
    } else {
        mergeLong(scratch, out, first);
    }
}

void BpeModel::startBytes(std::string_view piece, std::vector<Symbol>& out) const
{
    const auto first = out.size();
    for (std::size_t i = 0; i < piece.size(); ++i) {
        const auto id = m_byteIds[static_cast<unsigned char>(piece[i])];
        if (id != PieceTable::kNone) {
            out.push_back({id, 1});
        } else {
            addUnknown(piece.substr(i, 1), first, out);
        }
    }
}

TokenId BpeModel::characterId(char32_t value) const
{
    if (value < 0x80) {
        return m_byteIds[value];
    }
    const auto found = m_characters.find(value);
    return found == m_characters.end() ? PieceTable::kNone : found->second;
}

void BpeModel::startCharacters(std::string_view piece, std::vector<Symbol>& out) const
{
    const auto first = out.size();
    for (std::size_t i = 0; i < piece.size();) {
        int length = 0;
        const auto id = characterId(decodeValid(reinterpret_cast<const unsigned char*>(piece.data()) + i, length));
        if (id != PieceTable::kNone) {
            out.push_back({id, static_cast<std::uint32_t>(length)});
        } else {
            addUnknown(piece.substr(i, static_cast<std::size_t>(length)), first, out);
        }
        i += static_cast<std::size_t>(length);
    }
}

bool BpeModel::fallsBack(std::string_view bytes) const
{
    return m_settings.byteFallback && std::all_of(bytes.begin(), bytes.end(), [&](char c) {
               return m_fallbackIds[static_cast<unsigned char>(c)] != PieceTable::kNone;
           });
}

// Bytes without an id become fallback bytes, the unknown token, or part of the symbol before them, so that what stands
// on both sides may still merge.
void BpeModel::addUnknown(std::string_view bytes, std::size_t first, std::vector<Symbol>& out) const
{
    const auto length = static_cast<std::uint32_t>(bytes.size());
    if (fallsBack(bytes)) {
        for (const char c : bytes) {
            out.push_back({m_fallbackIds[static_cast<unsigned char>(c)], 1});
        }
        return;
    }
    const bool follows = out.size() > first && out.back().id == m_settings.unknown;
    if (m_settings.unknown == PieceTable::kNone ? out.size() > first : follows && m_settings.fuseUnknown) {
        out.back().length += length;
    } else {
        out.push_back({m_settings.unknown, length});
    }
}

void BpeModel::mergeShort(ModelScratch& scratch, std::vector<Symbol>& out, std::size_t first) const
{
    auto count = out.size() - first;
    if (count < 2) {
        return;
    }
    Symbol* word = out.data() + first;
    std::uint32_t ranks[kShortWord];
    TokenId made[kShortWord];
    const auto look = [&](std::size_t i) {
        const auto merge = m_merges.find(word[i].id, word[i + 1].id);
        ranks[i] = merge.rank;
        made[i] = merge.id;
    };
    for (std::size_t i = 0; i + 1 < count; ++i) {
        look(i);
    }
    while (count > 1) {
        const auto best = static_cast<std::size_t>(std::min_element(ranks, ranks + count - 1) - ranks);
        if (ranks[best] == MergeTable::kNever) {
            break;
        }
        word[best] = {made[best], word[best].length + word[best + 1].length};
        std::copy(word + best + 2, word + count, word + best + 1);
        std::copy(ranks + best + 1, ranks + count - 1, ranks + best);
        std::copy(made + best + 1, made + count - 1, made + best);
        --count;
        if (best + 1 < count) {
            look(best);
        }
        if (best > 0) {
            look(best - 1);
        }
    }
    out.resize(first + count);
}

// Symbols stay where they are and are linked; a symbol that was merged away has length 0.
void BpeModel::mergeLong(ModelScratch& scratch, std::vector<Symbol>& out, std::size_t first) const
{
    const auto count = static_cast<std::uint32_t>(out.size() - first);
    Symbol* word = out.data() + first;
    auto& next = scratch.links;
    auto& before = scratch.ranks;
    auto& queue = scratch.queue; // rank and place; the smallest first
    next.resize(count);
    before.resize(count);
    queue.clear();
    const auto offer = [&](std::uint32_t i) {
        if (next[i] != kEnd) {
            const auto merge = m_merges.find(word[i].id, word[next[i]].id);
            if (merge.rank != MergeTable::kNever) {
                queue.push_back((static_cast<std::uint64_t>(merge.rank) << 32) | i);
                return true;
            }
        }
        return false;
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        next[i] = i + 1 < count ? i + 1 : kEnd;
        before[i] = i - 1; // kEnd for the first
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        offer(i);
    }
    std::make_heap(queue.begin(), queue.end(), std::greater<>());
    const auto push = [&](std::uint32_t i) {
        if (offer(i)) {
            std::push_heap(queue.begin(), queue.end(), std::greater<>());
        }
    };
    while (!queue.empty()) {
        std::pop_heap(queue.begin(), queue.end(), std::greater<>());
        const auto at = static_cast<std::uint32_t>(queue.back());
        const auto rank = static_cast<std::uint32_t>(queue.back() >> 32);
        queue.pop_back();
        const auto right = next[at];
        if (word[at].length == 0 || right == kEnd) {
            continue;
        }
        const auto merge = m_merges.find(word[at].id, word[right].id);
        if (merge.rank != rank) {
            continue; // one of the two changed since
        }
        word[at] = {merge.id, word[at].length + word[right].length};
        word[right].length = 0;
        next[at] = next[right];
        if (next[at] != kEnd) {
            before[next[at]] = at;
        }
        if (before[at] != kEnd) {
            push(before[at]);
        }
        push(at);
    }
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(first);
    out.erase(std::remove_if(from, out.end(), [](const Symbol& s) { return s.length == 0; }), out.end());
}

} // namespace luthier::text
