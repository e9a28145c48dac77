// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/models/bpe_model.h"

#include "core/text/characters/char_class.h"
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/tokenizer_spec.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace luthier::text {

namespace {

// From here on a queue is quicker than looking through all ranks for each merge.
constexpr std::size_t kShortWord = 64;
constexpr int kPlaceBits = 6;

constexpr std::uint32_t kEnd = 0xFFFFFFFF;

// Rank and place of a merge in one number, so that the smallest is the next one; kNoMerge is larger than all.
constexpr std::int32_t kNoMerge = 0x7FFFFFFF;
static_assert((kMostMerges << kPlaceBits) < static_cast<std::size_t>(kNoMerge));

std::size_t pairOf(char left, char right)
{
    return (static_cast<std::size_t>(static_cast<unsigned char>(left)) << 8) | static_cast<unsigned char>(right);
}

std::int32_t keyOf(std::uint32_t rank, std::size_t place)
{
    return rank == MergeTable::kNever ? kNoMerge : static_cast<std::int32_t>((rank << kPlaceBits) | place);
}

// count is a multiple of 4.
std::int32_t smallest(const std::int32_t* keys, std::size_t count)
{
    using Four = std::int32_t __attribute__((vector_size(16)));
    Four best;
    std::memcpy(&best, keys, sizeof best);
    for (std::size_t i = 4; i < count; i += 4) {
        Four more;
        std::memcpy(&more, keys + i, sizeof more);
        best = more < best ? more : best;
    }
    return std::min(std::min(best[0], best[1]), std::min(best[2], best[3]));
}

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

void BpeModel::finish()
{
    if (m_settings.byteLevel) {
        m_bytePairs.resize(std::size_t{1} << 16);
        for (std::size_t pair = 0; pair < m_bytePairs.size(); ++pair) {
            m_bytePairs[pair] = m_merges.find(m_byteIds[pair >> 8], m_byteIds[pair & 0xFF]);
        }
    }
    // Words that are one token: with ignoreMerges all of the vocabulary, else what merges back to itself.
    WordTable words;
    words.reserve(m_pieces.count());
    ModelScratch scratch;
    std::vector<Symbol> symbols;
    for (TokenId id = 0; id < m_pieces.end(); ++id) {
        const auto piece = m_pieces.piece(id);
        if (piece.empty() || piece.size() > WordKey::kLongest) {
            continue;
        }
        symbols.clear();
        encode(piece, scratch, symbols);
        if (symbols.size() == 1 && symbols[0].id == id) {
            words.add(WordKey::of(piece), id);
        }
    }
    m_words = std::move(words);
}

void BpeModel::encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const
{
    // Short words were looked up as a whole before.
    if (m_settings.ignoreMerges && (m_words.isEmpty() || piece.size() > WordKey::kLongest)) {
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
        mergeShort(piece, out, first);
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

// Symbols stay where they are; links lead over those that were merged away.
void BpeModel::mergeShort(std::string_view piece, std::vector<Symbol>& out, std::size_t first) const
{
    const auto count = out.size() - first;
    if (count < 2) {
        return;
    }
    Symbol* word = out.data() + first;
    alignas(16) std::int32_t keys[kShortWord + 4];
    std::uint8_t next[kShortWord + 1];
    std::uint8_t before[kShortWord + 1];
    const auto look = [&](std::size_t at, std::size_t right) {
        keys[at] = keyOf(m_merges.find(word[at].id, word[right].id), at);
    };
    // Each symbol is a byte at first, and pairs of bytes have a table of their own.
    const bool bytes = !m_bytePairs.empty() && count == piece.size();
    for (std::size_t i = 0; i + 1 < count; ++i) {
        if (bytes) {
            keys[i] = keyOf(m_bytePairs[pairOf(piece[i], piece[i + 1])], i);
        } else {
            look(i, i + 1);
        }
    }
    for (std::size_t i = 0; i <= count; ++i) {
        next[i] = static_cast<std::uint8_t>(i + 1);
        before[i] = static_cast<std::uint8_t>(i - 1); // 255 for the first
    }
    const auto padded = (count + 3) / 4 * 4;
    std::fill(keys + count - 1, keys + padded, kNoMerge);
    for (;;) {
        const auto key = smallest(keys, padded);
        if (key == kNoMerge) {
            break;
        }
        const auto at = static_cast<std::size_t>(key) & (kShortWord - 1);
        const std::size_t right = next[at];
        word[at] = {m_merges.made(static_cast<std::uint32_t>(key) >> kPlaceBits), word[at].length + word[right].length};
        word[right].length = 0;
        keys[right] = kNoMerge;
        next[at] = next[right];
        before[next[at]] = static_cast<std::uint8_t>(at);
        if (next[at] < count) {
            look(at, next[at]);
        } else {
            keys[at] = kNoMerge;
        }
        if (at > 0) {
            look(before[at], at);
        }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; i = next[i]) {
        word[kept++] = word[i];
    }
    out.resize(first + kept);
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
            const auto rank = m_merges.find(word[i].id, word[next[i]].id);
            if (rank != MergeTable::kNever) {
                queue.push_back((static_cast<std::uint64_t>(rank) << 32) | i);
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
        if (m_merges.find(word[at].id, word[right].id) != rank) {
            continue; // one of the two changed since
        }
        word[at] = {m_merges.made(rank), word[at].length + word[right].length};
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
