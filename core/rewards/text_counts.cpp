// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/text_counts.h"

#include "core/rewards/answer_part.h"
#include "core/text/characters/utf8.h"

#include <array>
#include <set>
#include <vector>

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

double repeatedShare(std::string_view text)
{
    std::vector<std::string_view> words;
    bool inWord = false;
    for (std::size_t at = 0; at < text.size();) {
        const text::CodePoint point = text::decodeAt(text, at);
        const auto length = static_cast<std::size_t>(point.length);
        const bool space = text::isSpace(point.value);
        if (!space && !inWord) {
            words.push_back(text.substr(at, length));
        } else if (!space) {
            words.back() = {words.back().data(), words.back().size() + length};
        }
        inWord = !space;
        at += length;
    }
    std::set<std::array<std::string_view, 3>> seen;
    std::int64_t repeated = 0;
    for (std::size_t i = 2; i < words.size(); ++i) {
        repeated += seen.insert({words[i - 2], words[i - 1], words[i]}).second ? 0 : 1;
    }
    return words.empty() ? 0 : static_cast<double>(repeated) / static_cast<double>(words.size());
}

} // namespace luthier::rewards
