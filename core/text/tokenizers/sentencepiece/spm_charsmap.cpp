// SPDX-License-Identifier: GPL-3.0-or-later
// The library walks the charsmap's double array without looking at its end, keeps at most 32 matches and
// reads replacements up to a NUL. All three are proved here before it sees the file.
#include "core/text/tokenizers/sentencepiece/spm_model.h"

#include <algorithm>
#include <cstring>

namespace luthier::text {

namespace {

constexpr std::size_t kMostMatches = 32;
constexpr std::size_t kLongestReplacement = 1024;

class TrieCheck {
public:
    TrieCheck(std::vector<std::uint32_t> units, std::string_view replacements)
        : m_units(std::move(units)), m_replacements(replacements), m_state(m_units.size(), kNew),
          m_matches(m_units.size(), 0)
    {
    }

    // Depth first without recursion; m_matches is the longest chain of matches below a node.
    Result<void> run()
    {
        m_stack.push_back({0, 0});
        m_state[0] = kOpen;
        while (!m_stack.empty()) {
            if (auto step = advance(); !step) {
                return step;
            }
        }
        return {};
    }

private:
    enum State : std::uint8_t { kNew, kOpen, kDone };
    struct Frame {
        std::size_t node;
        std::uint32_t label; // next one to try
    };

    static std::size_t offsetOf(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
    static std::uint32_t labelOf(std::uint32_t unit) { return unit & ((1U << 31) | 0xFFU); }
    static bool hasLeaf(std::uint32_t unit) { return ((unit >> 8) & 1U) != 0; }

    Result<void> advance()
    {
        Frame& frame = m_stack.back();
        const auto unit = m_units[frame.node];
        const auto base = frame.node ^ offsetOf(unit);
        if (frame.label == 0) {
            if (auto good = enter(unit, base); !good) {
                return good;
            }
            frame.label = 1;
        }
        for (; frame.label < 256; ++frame.label) {
            const auto child = base ^ frame.label;
            if (labelOf(m_units[child]) != frame.label) {
                continue;
            }
            if (m_state[child] == kOpen) {
                return Error{"the character map runs in a circle"};
            }
            if (m_state[child] == kNew) {
                m_state[child] = kOpen;
                m_stack.push_back({child, 0}); // ends the use of `frame`
                return {};
            }
            m_matches[frame.node] = std::max(m_matches[frame.node], m_matches[child]);
        }
        return leave(unit);
    }

    Result<void> enter(std::uint32_t unit, std::size_t base) const
    {
        if ((base | 0xFFU) >= m_units.size()) {
            return Error{"the character map points outside itself"};
        }
        if (!hasLeaf(unit)) {
            return {};
        }
        const std::size_t value = m_units[base] & 0x7FFFFFFFU;
        if (value >= m_replacements.size()) {
            return Error{"the character map names a replacement outside itself"};
        }
        if (m_replacements.find('\0', value) - value > kLongestReplacement) {
            return Error{"the character map has a replacement longer than " + std::to_string(kLongestReplacement)
                         + " bytes"};
        }
        return {};
    }

    Result<void> leave(std::uint32_t unit)
    {
        const auto node = m_stack.back().node;
        m_matches[node] += hasLeaf(unit) ? 1 : 0;
        if (m_matches[node] > kMostMatches) {
            return Error{"the character map has more than 32 rules that begin with each other"};
        }
        m_state[node] = kDone;
        m_stack.pop_back();
        return {};
    }

    std::vector<std::uint32_t> m_units;
    std::string_view m_replacements;
    std::vector<std::uint8_t> m_state;
    std::vector<std::uint8_t> m_matches;
    std::vector<Frame> m_stack;
};

} // namespace

Result<void> checkCharsmap(std::string_view charsmap)
{
    if (charsmap.empty()) {
        return {};
    }
    if (charsmap.size() > kLargestCharsmap) {
        return Error{"the character map is " + std::to_string(charsmap.size()) + " bytes; the limit is "
                     + std::to_string(kLargestCharsmap)};
    }
    std::uint32_t trieSize = 0;
    if (charsmap.size() <= sizeof(trieSize)) {
        return Error{"the character map is only " + std::to_string(charsmap.size()) + " bytes"};
    }
    std::memcpy(&trieSize, charsmap.data(), sizeof(trieSize));
    charsmap.remove_prefix(sizeof(trieSize));
    if (trieSize >= charsmap.size() || trieSize < 1024 || trieSize % 4 != 0) {
        return Error{"the character map says its table takes " + std::to_string(trieSize) + " of "
                     + std::to_string(charsmap.size()) + " bytes"};
    }
    if (charsmap.back() != '\0') {
        return Error{"the last replacement of the character map has no end"};
    }
    std::vector<std::uint32_t> units(trieSize / 4);
    std::memcpy(units.data(), charsmap.data(), trieSize);
    return TrieCheck(std::move(units), charsmap.substr(trieSize)).run();
}

} // namespace luthier::text
