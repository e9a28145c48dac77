// SPDX-License-Identifier: GPL-3.0-or-later
// OffsetMap: where the bytes of a changed text come from. EditedText builds text and map together; ChangedText strings
// several changes together.
//
// Positions between the pieces of a replacement belong to the beginning of what was replaced, the position after it to
// its end; so ranges that lie end to end in the new text lie end to end in the old one. Threads: plain data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

class OffsetMap {
public:
    // From `out` on: bytes that were kept as they are, or (`kept` false) bytes that took the place of something.
    void add(std::size_t out, std::size_t in, bool kept)
    {
        if (!m_steps.empty() && m_steps.back().out == out) {
            m_steps.back() = {out, in, kept};
        } else if (m_steps.empty() || !kept || !m_steps.back().kept || in - m_steps.back().in != out - m_steps.back().out) {
            m_steps.push_back({out, in, kept});
        }
    }
    std::size_t at(std::size_t out) const
    {
        auto next = std::upper_bound(m_steps.begin(), m_steps.end(), out,
                                     [](std::size_t value, const Step& step) { return value < step.out; });
        if (next == m_steps.begin()) {
            return out;
        }
        const auto& step = *--next;
        return step.kept ? step.in + (out - step.out) : step.in;
    }
    void clear() { m_steps.clear(); }

private:
    struct Step {
        std::size_t out;
        std::size_t in;
        bool kept;
    };
    std::vector<Step> m_steps;
};

struct EditedText {
    std::string text;
    OffsetMap map;

    // `piece` stands at byte `from` of the old text.
    void keep(std::string_view piece, std::size_t from)
    {
        if (!piece.empty()) {
            map.add(text.size(), from, true);
            text += piece;
        }
    }
    void replace(std::string_view piece, std::size_t from)
    {
        if (!piece.empty()) {
            map.add(text.size(), from, false);
            text += piece;
        }
    }
    // To be called once at the end with the size of the old text.
    void finish(std::size_t oldSize) { map.add(text.size(), oldSize, true); }
};

// A text on its way and where its bytes come from.
class ChangedText {
public:
    explicit ChangedText(std::string_view text) : m_view(text) {}
    ChangedText(const ChangedText&) = delete;
    ChangedText& operator=(const ChangedText&) = delete;

    std::string_view view() const { return m_view; }
    bool isChanged() const { return !m_maps.empty(); }
    void take(EditedText edited)
    {
        m_maps.push_back(std::move(edited.map));
        m_owned = std::move(edited.text);
        m_view = m_owned;
    }
    // The byte of the first text that a byte of view() comes from.
    std::size_t origin(std::size_t at) const
    {
        for (auto map = m_maps.rbegin(); map != m_maps.rend(); ++map) {
            at = map->at(at);
        }
        return at;
    }

private:
    std::string_view m_view;
    std::string m_owned;
    std::vector<OffsetMap> m_maps; // in the order of the changes
};

} // namespace luthier::text
