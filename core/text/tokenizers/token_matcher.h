// SPDX-License-Identifier: GPL-3.0-or-later
// TokenMatcher: finds added tokens in a text, in one pass: leftmost first, of those the longest. A match that its token
// refuses (single_word beside a word, special while those are text) is passed over as a whole.
//
// Text is valid UTF-8; positions are bytes. Threads: const functions may be called from any thread at once.
#pragma once

#include "core/text/tokenizers/added_tokens.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace luthier::text {

inline constexpr std::size_t kLongestAddedToken = 1024; // bytes; a search takes at most this many steps a byte

class TokenMatcher {
public:
    struct Rule {
        std::string spelling; // as it is matched
        std::int32_t id = 0;
        bool special = false;
        bool lstrip = false;
        bool rstrip = false;
        bool singleWord = false;
    };
    struct Part {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::int32_t id = -1; // -1: ordinary text
    };

    TokenMatcher() = default;
    explicit TokenMatcher(std::vector<Rule> rules); // of equal spellings the first counts

    bool isEmpty() const { return m_rules.empty(); }
    // The next token from byte `from` on; ordinary text lies between `from` and its begin. False: none any more.
    bool next(std::string_view text, std::size_t from, bool special, Part& found) const;

private:
    struct Node {
        std::int32_t rule = -1;
        std::int32_t child = -1;   // first child
        std::int32_t sibling = -1; // next one of the same parent
        unsigned char byte = 0;
    };
    std::size_t candidate(std::string_view text, std::size_t from) const;
    const Rule* longestAt(std::string_view text, std::size_t at) const;

    std::vector<Rule> m_rules;
    std::vector<Node> m_nodes;
    std::array<std::int32_t, 256> m_roots{}; // node of a first byte, -1 for none
    std::string m_firstBytes;
};

} // namespace luthier::text
