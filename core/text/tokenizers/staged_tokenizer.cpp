// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/staged_tokenizer.h"

#include "core/text/characters/utf8.h"

#include <algorithm>

namespace luthier::text {

namespace {

TokenMatcher::Rule ruleOf(const AddedToken& token, std::string spelling)
{
    return {std::move(spelling), token.id, token.special, token.lstrip, token.rstrip, token.singleWord};
}

} // namespace

StagedTokenizer::StagedTokenizer(std::unique_ptr<TokenizerStages> stages) : m_stages(std::move(stages))
{
    std::vector<TokenMatcher::Rule> raw;
    std::vector<TokenMatcher::Rule> normalized;
    m_vocabSize = m_stages->spellings.end();
    const bool bytes = m_stages->decoder.isByteLevel();
    for (std::size_t i = 0; i < m_stages->added.size(); ++i) {
        const auto& token = m_stages->added[i];
        m_addedById.emplace(token.id, i);
        m_addedIds.emplace(token.content, token.id);
        m_vocabSize = std::max<std::int64_t>(m_vocabSize, token.id + 1);
        auto spelling = token.normalized ? m_stages->normalizer.applied(token.content) : token.content;
        std::string raws;
        m_addedDecoded.emplace(token.id, bytes && bytesOfLetters(spelling, raws) ? raws : spelling);
        (token.normalized ? normalized : raw).push_back(ruleOf(token, std::move(spelling)));
    }
    m_raw = TokenMatcher(std::move(raw));
    m_normalized = TokenMatcher(std::move(normalized));
}

std::string StagedTokenizer::piece(TokenId id) const
{
    const auto found = m_addedById.find(id);
    return found != m_addedById.end() ? m_stages->added[found->second].content
                                      : std::string(m_stages->spellings.piece(id));
}

bool StagedTokenizer::isSpecial(TokenId id) const
{
    const auto found = m_addedById.find(id);
    return found != m_addedById.end() && m_stages->added[found->second].special;
}

bool StagedTokenizer::isOpen(TokenId id) const
{
    return m_stages->decoder.joinsBytes() && byteOfSpelling(spelling(id)) >= 0;
}

std::optional<TokenId> StagedTokenizer::idOf(std::string_view piece) const
{
    const auto added = m_addedIds.find(std::string(piece));
    if (added != m_addedIds.end()) {
        return added->second;
    }
    const auto id = m_stages->spellings.find(piece);
    return id == PieceTable::kNone ? std::nullopt : std::optional(id);
}

// What the decoder is given for a token; raw bytes where it is byte-level and nothing else.
std::string StagedTokenizer::spelling(TokenId id) const
{
    const auto added = m_addedDecoded.find(id);
    if (added != m_addedDecoded.end()) {
        return added->second;
    }
    const auto own = m_stages->spellings.piece(id);
    std::string bytes;
    if (!m_stages->decoder.isByteLevel()) {
        return std::string(own);
    }
    return m_stages->bytes.has(id)     ? std::string(m_stages->bytes.piece(id))
           : bytesOfLetters(own, bytes) ? bytes
                                        : std::string(own);
}

std::string StagedTokenizer::decode(std::span<const TokenId> ids, bool skipSpecial) const
{
    std::vector<std::string> tokens;
    std::string bytes;
    const bool byteLevel = m_stages->decoder.isByteLevel();
    for (const auto id : ids) {
        const bool known = m_stages->spellings.has(id) || m_addedById.count(id) > 0;
        if (!known || (skipSpecial && isSpecial(id))) {
            continue;
        }
        if (byteLevel) {
            bytes += spelling(id);
        } else {
            tokens.push_back(spelling(id));
        }
    }
    return byteLevel ? lossyUtf8(bytes) : m_stages->decoder.decode(std::move(tokens));
}

} // namespace luthier::text
