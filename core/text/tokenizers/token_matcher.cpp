// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/token_matcher.h"

#include "core/text/characters/char_class.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <cstring>

namespace luthier::text {

namespace {

std::size_t characterBefore(std::string_view text, std::size_t at)
{
    do {
        --at;
    } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    return at;
}

bool standsAlone(std::string_view text, std::size_t begin, std::size_t end)
{
    const bool left = begin > 0 && isWordChar(decodeAt(text, characterBefore(text, begin)).value);
    const bool right = end < text.size() && isWordChar(decodeAt(text, end).value);
    return !left && !right;
}

std::size_t spaceBegin(std::string_view text, std::size_t from, std::size_t at)
{
    while (at > from) {
        const auto before = characterBefore(text, at);
        if (!isSpace(decodeAt(text, before).value)) {
            break;
        }
        at = before;
    }
    return std::max(at, from);
}

} // namespace

TokenMatcher::TokenMatcher(std::vector<Rule> rules) : m_rules(std::move(rules))
{
    m_roots.fill(-1);
    for (std::size_t r = 0; r < m_rules.size(); ++r) {
        const auto& spelling = m_rules[r].spelling;
        std::int32_t at = -1;
        for (const char c : spelling) {
            const auto byte = static_cast<unsigned char>(c);
            std::int32_t child = at < 0 ? m_roots[byte] : m_nodes[at].child;
            while (child >= 0 && m_nodes[child].byte != byte) {
                child = m_nodes[child].sibling;
            }
            if (child < 0) {
                child = static_cast<std::int32_t>(m_nodes.size());
                m_nodes.push_back({-1, -1, at < 0 ? -1 : m_nodes[at].child, byte});
                (at < 0 ? m_roots[byte] : m_nodes[at].child) = child;
            }
            at = child;
        }
        if (at >= 0 && m_nodes[at].rule < 0) {
            m_nodes[at].rule = static_cast<std::int32_t>(r);
        }
    }
    for (int byte = 0; byte < 256; ++byte) {
        if (m_roots[byte] >= 0) {
            m_firstBytes += static_cast<char>(byte);
        }
    }
}

// The next place where a token may begin; the size of the text when there is none.
std::size_t TokenMatcher::candidate(std::string_view text, std::size_t from) const
{
    if (m_firstBytes.size() == 1) {
        const auto* found = std::memchr(text.data() + from, m_firstBytes[0], text.size() - from);
        return found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    }
    while (from < text.size() && m_roots[static_cast<unsigned char>(text[from])] < 0) {
        ++from;
    }
    return from;
}

const TokenMatcher::Rule* TokenMatcher::longestAt(std::string_view text, std::size_t at) const
{
    const Rule* best = nullptr;
    std::int32_t node = m_roots[static_cast<unsigned char>(text[at])];
    while (node >= 0) {
        if (m_nodes[node].rule >= 0) {
            best = &m_rules[m_nodes[node].rule];
        }
        if (++at == text.size()) {
            break;
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        node = m_nodes[node].child;
        while (node >= 0 && m_nodes[node].byte != byte) {
            node = m_nodes[node].sibling;
        }
    }
    return best;
}

bool TokenMatcher::next(std::string_view text, std::size_t from, bool special, Part& found) const
{
    for (auto at = from; !isEmpty() && (at = candidate(text, at)) < text.size();) {
        const auto* rule = longestAt(text, at);
        if (rule == nullptr) {
            ++at;
            continue;
        }
        const auto end = at + rule->spelling.size();
        if ((rule->special && !special) || (rule->singleWord && !standsAlone(text, at, end))) {
            at = end;
            continue;
        }
        found = {rule->lstrip ? spaceBegin(text, from, at) : at, rule->rstrip ? skipSpaces(text, end) : end, rule->id};
        return true;
    }
    return false;
}

} // namespace luthier::text
