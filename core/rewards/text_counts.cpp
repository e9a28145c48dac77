// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/text_counts.h"

#include "core/rewards/answer_part.h"
#include "core/text/characters/utf8.h"

namespace luthier::rewards {

TextCounts countsOf(std::string_view whole)
{
    TextCounts counts;
    const std::string text = trimmed(whole);
    bool inWord = false;
    bool inLine = false;
    bool ends = false;  // the character before ends a sentence
    bool open = false;  // something stands behind the last end
    for (std::size_t at = 0; at < text.size();) {
        const text::CodePoint point = text::decodeAt(text, at);
        at += static_cast<std::size_t>(point.length);
        ++counts.characters;
        const bool space = text::isSpace(point.value);
        counts.words += !space && !inWord ? 1 : 0;
        counts.lines += !space && !inLine ? 1 : 0;
        inLine = point.value == U'\n' ? false : inLine || !space;
        counts.sentences += space && ends ? 1 : 0;
        open = space && ends ? false : open || !space;
        ends = point.value == U'.' || point.value == U'!' || point.value == U'?' || point.value == U'\u2026';
        inWord = !space;
    }
    counts.sentences += open ? 1 : 0;
    return counts;
}

} // namespace luthier::rewards
