// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/added_tokens.h"

#include "core/text/characters/utf8.h"

#include <algorithm>

namespace luthier::text {

namespace {

bool isWordByte(unsigned char byte)
{
    // Beyond ASCII most characters are letters; the few that are not only make single_word stricter.
    return byte >= 0x80 || byte == '_' || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')
           || (byte >= 'a' && byte <= 'z');
}

bool standsAlone(std::string_view text, std::size_t begin, std::size_t end)
{
    const bool left = begin > 0 && isWordByte(static_cast<unsigned char>(text[begin - 1]));
    const bool right = end < text.size() && isWordByte(static_cast<unsigned char>(text[end]));
    return !left && !right;
}

std::size_t skipSpacesBack(std::string_view text, std::size_t from, std::size_t at)
{
    while (at > from) {
        std::size_t start = at - 1;
        while (start > from && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) {
            --start;
        }
        if (!isSpace(decodeAt(text, start).value)) {
            break;
        }
        at = start;
    }
    return at;
}

} // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : m_tokens(std::move(tokens))
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const auto& token = m_tokens[i];
        m_byId.emplace(token.id, i);
        if (token.content.empty() || !m_byContent.emplace(token.content, i).second) {
            continue;
        }
        auto& lengths = m_lengths[static_cast<unsigned char>(token.content[0])];
        if (std::find(lengths.begin(), lengths.end(), token.content.size()) == lengths.end()) {
            lengths.push_back(token.content.size());
        }
    }
    for (auto& lengths : m_lengths) {
        std::sort(lengths.rbegin(), lengths.rend());
    }
}

const AddedToken* AddedTokens::matchAt(std::string_view text, std::size_t at, bool special) const
{
    for (const auto length : m_lengths[static_cast<unsigned char>(text[at])]) {
        if (length > text.size() - at) {
            continue;
        }
        const auto* token = byContent(text.substr(at, length));
        if (token != nullptr && (special || !token->special)
            && (!token->singleWord || standsAlone(text, at, at + length))) {
            return token;
        }
    }
    return nullptr;
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text, bool special) const
{
    std::vector<Part> parts;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto* token = matchAt(text, at, special);
        if (token == nullptr) {
            ++at;
            continue;
        }
        const auto begin = token->lstrip ? skipSpacesBack(text, done, at) : at;
        auto end = at + token->content.size();
        end = token->rstrip ? skipSpaces(text, end) : end;
        if (begin > done) {
            parts.push_back({done, begin, nullptr});
        }
        parts.push_back({begin, end, token});
        done = at = end;
    }
    if (done < text.size()) {
        parts.push_back({done, text.size(), nullptr});
    }
    return parts;
}

const AddedToken* AddedTokens::byId(std::int32_t id) const
{
    const auto found = m_byId.find(id);
    return found == m_byId.end() ? nullptr : &m_tokens[found->second];
}

const AddedToken* AddedTokens::byContent(std::string_view content) const
{
    const auto found = m_byContent.find(content);
    return found == m_byContent.end() ? nullptr : &m_tokens[found->second];
}

} // namespace luthier::text
