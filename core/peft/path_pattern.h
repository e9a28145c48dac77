// SPDX-License-Identifier: GPL-3.0-or-later
// PathPattern: the small regular expressions that adapter configs hold as keys of rank_pattern and
// alpha_pattern.
// Understands literals, ., \d \w \s, \ before punctuation, [sets], groups, |, *, +, ? and {m,n}; matching
// takes time linear in the path, whatever the pattern. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::peft {

class PathPattern {
public:
    // Errors name the pattern and what in it is not understood.
    static Result<PathPattern> parse(const std::string& pattern);

    bool matchesWhole(std::string_view path) const;
    // As PEFT asks it: the path, or what stands after one of its dots, matches.
    bool matchesTail(std::string_view path) const;

private:
    friend class PatternParser;

    struct State {
        enum class Kind { Bytes, Split, Done } kind = Kind::Done;
        std::bitset<256> bytes;
        std::size_t next = 0;
        std::size_t other = 0;
    };

    std::vector<State> m_states;
    std::size_t m_start = 0;
    bool m_anchored = false; // begins with ^: no tail but the whole
};

} // namespace luthier::peft
