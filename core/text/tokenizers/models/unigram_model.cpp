// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/models/unigram_model.h"

#include "core/text/characters/char_class.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace luthier::text {

namespace {

constexpr double kUnknownPenalty = 10;

// Children of (node, byte) in one table with open addressing.
class ByteTrie {
public:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    void add(std::string_view piece, TokenId id)
    {
        std::uint32_t node = 0;
        for (const char c : piece) {
            const auto byte = static_cast<unsigned char>(c);
            auto next = child(node, byte);
            if (next == kNone) {
                next = static_cast<std::uint32_t>(m_ids.size());
                m_ids.push_back(PieceTable::kNone);
                link(node, byte, next);
            }
            node = next;
        }
        m_ids[node] = id;
    }
    std::uint32_t child(std::uint32_t node, unsigned char byte) const
    {
        const auto key = keyOf(node, byte);
        const auto mask = m_slots.size() - 1;
        for (auto slot = mixBits(key) & mask; m_slots[slot].key != 0; slot = (slot + 1) & mask) {
            if (m_slots[slot].key == key) {
                return m_slots[slot].node;
            }
        }
        return kNone;
    }
    TokenId idAt(std::uint32_t node) const { return m_ids[node]; }
    TokenId find(std::string_view piece) const
    {
        std::uint32_t node = 0;
        for (const char c : piece) {
            node = child(node, static_cast<unsigned char>(c));
            if (node == kNone) {
                return PieceTable::kNone;
            }
        }
        return m_ids[node];
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t node = 0;
    };
    static std::uint64_t keyOf(std::uint32_t node, unsigned char byte)
    {
        return ((static_cast<std::uint64_t>(node) << 8) | byte) + 1;
    }
    void put(std::vector<Slot>& slots, const Slot& slot) const
    {
        auto at = mixBits(slot.key) & (slots.size() - 1);
        while (slots[at].key != 0) {
            at = (at + 1) & (slots.size() - 1);
        }
        slots[at] = slot;
    }
    void link(std::uint32_t node, unsigned char byte, std::uint32_t next)
    {
        if (m_ids.size() * 2 > m_slots.size()) {
            std::vector<Slot> larger(m_slots.size() * 2);
            for (const auto& slot : m_slots) {
                if (slot.key != 0) {
                    put(larger, slot);
                }
            }
            m_slots = std::move(larger);
        }
        put(m_slots, {keyOf(node, byte), next});
    }

    std::vector<Slot> m_slots{1024};
    std::vector<TokenId> m_ids{PieceTable::kNone};
};

class UnigramModel : public PieceModel {
public:
    UnigramModel(const PieceTable& pieces, UnigramSettings settings) : m_settings(std::move(settings))
    {
        m_fallback.fill(PieceTable::kNone);
        m_sizes.resize(static_cast<std::size_t>(pieces.end()));
        double smallest = 0;
        for (TokenId id = 0; id < pieces.end(); ++id) {
            const auto at = static_cast<std::size_t>(id);
            m_sizes[at] = static_cast<std::uint32_t>(pieces.piece(id).size());
            smallest = id == 0 ? m_settings.scores[at] : std::min(smallest, m_settings.scores[at]);
            if (m_sizes[at] > 0) {
                m_trie.add(pieces.piece(id), id);
            }
        }
        m_unknownScore = smallest - kUnknownPenalty;
        for (unsigned byte = 0; byte < 256 && m_settings.byteFallback; ++byte) {
            char spelling[8];
            std::snprintf(spelling, sizeof spelling, "<0x%02X>", byte);
            m_fallback[byte] = pieces.find(spelling);
        }
    }
    std::string name() const override { return "unigram"; }
    void encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const override;

private:
    void addUnknown(std::string_view bytes, std::vector<Symbol>& out) const;

    UnigramSettings m_settings;
    ByteTrie m_trie;
    double m_unknownScore = 0;
    std::array<TokenId, 256> m_fallback{};
};

void UnigramModel::encode(std::string_view piece, ModelScratch& scratch, std::vector<Symbol>& out) const
{
    // The best way to each byte: its score, where its last piece begins, and that piece.
    auto& scores = scratch.scores;
    auto& begins = scratch.links;
    auto& pieces = scratch.ranks;
    scores.assign(piece.size() + 1, 0);
    begins.assign(piece.size() + 1, ByteTrie::kNone);
    pieces.assign(piece.size() + 1, 0);
    const auto offer = [&](std::size_t from, std::size_t to, double score, TokenId id) {
        if (begins[to] == ByteTrie::kNone || score > scores[to]) {
            scores[to] = score;
            begins[to] = static_cast<std::uint32_t>(from);
            pieces[to] = static_cast<std::uint32_t>(id);
        }
    };
    const auto* bytes = reinterpret_cast<const unsigned char*>(piece.data());
    for (std::size_t at = 0; at < piece.size();) {
        int length = 0;
        decodeValid(bytes + at, length);
        const auto next = at + static_cast<std::size_t>(length);
        bool single = false;
        std::uint32_t node = 0;
        for (std::size_t to = at; to < piece.size();) {
            node = m_trie.child(node, bytes[to++]);
            if (node == ByteTrie::kNone) {
                break;
            }
            const auto id = m_trie.idAt(node);
            if (id != PieceTable::kNone) {
                offer(at, to, m_settings.scores[static_cast<std::size_t>(id)] + scores[at], id);
                single = single || to == next;
            }
        }
        if (!single) {
            offer(at, next, m_unknownScore + scores[at], m_settings.unknown);
        }
        at = next;
    }
    const auto first = out.size();
    for (auto at = piece.size(); at > 0; at = begins[at]) {
        out.push_back({static_cast<TokenId>(pieces[at]), static_cast<std::uint32_t>(at) - begins[at]});
    }
    std::vector<Symbol> path(out.rbegin(), out.rend() - static_cast<std::ptrdiff_t>(first));
    out.resize(first);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
        std::size_t size = path[i].length;
        if (path[i].id != m_settings.unknown) {
            out.push_back(path[i]);
            begin += size;
            continue;
        }
        while (i + 1 < path.size() && path[i + 1].id == m_settings.unknown) {
            size += path[++i].length;
        }
        addUnknown(piece.substr(begin, size), out);
        begin += size;
    }
}

// What no piece spells, all of it together. The unknown token's own spelling is a piece: a text that holds it is that token.
void UnigramModel::addUnknown(std::string_view bytes, std::vector<Symbol>& out) const
{
    if (const TokenId known = m_trie.find(bytes); known != PieceTable::kNone) {
        out.push_back({known, static_cast<std::uint32_t>(bytes.size())});
        return;
    }
    const bool falls = m_settings.byteFallback && std::all_of(bytes.begin(), bytes.end(), [&](char c) {
                           return m_fallback[static_cast<unsigned char>(c)] != PieceTable::kNone;
                       });
    if (!falls) {
        out.push_back({m_settings.unknown, static_cast<std::uint32_t>(bytes.size())});
        return;
    }
    for (const char c : bytes) {
        out.push_back({m_fallback[static_cast<unsigned char>(c)], 1});
    }
}

} // namespace

Result<std::unique_ptr<PieceModel>> makeUnigram(const PieceTable& pieces, UnigramSettings settings)
{
    if (settings.unknown == PieceTable::kNone || !pieces.has(settings.unknown)) {
        return Error{"model.unk_id: a Unigram vocabulary needs the id of its unknown token"};
    }
    if (settings.scores.size() != static_cast<std::size_t>(pieces.end())) {
        return Error{"model.vocab: every piece needs a score"};
    }
    for (TokenId id = 0; id < pieces.end(); ++id) {
        if (pieces.piece(id).size() > kLongestUnigramPiece || !std::isfinite(settings.scores[static_cast<std::size_t>(id)])) {
            return Error{"model.vocab[" + std::to_string(id) + "]: a piece may have " + std::to_string(kLongestUnigramPiece)
                         + " bytes and needs a finite score"};
        }
    }
    return std::unique_ptr<PieceModel>(std::make_unique<UnigramModel>(pieces, std::move(settings)));
}

} // namespace luthier::text
