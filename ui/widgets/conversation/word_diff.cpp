// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/word_diff.h"

#include <algorithm>
#include <cstdint>

namespace luthier::ui {
namespace {

std::vector<TextRange> wordsOf(const QString& text)
{
    std::vector<TextRange> words;
    qsizetype begin = -1;
    for (qsizetype i = 0; i <= text.size(); ++i) {
        const bool space = i == text.size() || text[i].isSpace();
        if (!space && begin < 0) {
            begin = i;
        } else if (space && begin >= 0) {
            words.push_back({begin, i});
            begin = -1;
        }
    }
    return words;
}

struct Side {
    const QString& text;
    std::vector<TextRange> words;
    std::vector<char> shared;

    explicit Side(const QString& source) : text(source), words(wordsOf(source)), shared(words.size(), 0) {}
    QStringView at(std::size_t i) const { return QStringView(text).mid(words[i].begin, words[i].end - words[i].begin); }

    std::vector<TextRange> unshared() const
    {
        std::vector<TextRange> ranges;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (!shared[i]) {
                ranges.push_back(words[i]);
            }
        }
        return ranges;
    }
};

// Marks the longest common subsequence of [first, leftEnd) and [first, rightEnd).
void markCommon(Side& left, Side& right, std::size_t first, std::size_t leftEnd, std::size_t rightEnd)
{
    const std::size_t rows = leftEnd - first;
    const std::size_t columns = rightEnd - first;
    if (rows == 0 || columns == 0 || rows > kMaxDiffWords || columns > kMaxDiffWords) {
        return;
    }
    std::vector<std::uint16_t> length((rows + 1) * (columns + 1), 0);
    const auto cell = [&](std::size_t r, std::size_t c) -> std::uint16_t& { return length[r * (columns + 1) + c]; };
    for (std::size_t r = rows; r-- > 0;) {
        for (std::size_t c = columns; c-- > 0;) {
            cell(r, c) = left.at(first + r) == right.at(first + c) ? static_cast<std::uint16_t>(cell(r + 1, c + 1) + 1)
                                                                  : std::max(cell(r + 1, c), cell(r, c + 1));
        }
    }
    for (std::size_t r = 0, c = 0; r < rows && c < columns;) {
        if (left.at(first + r) == right.at(first + c)) {
            left.shared[first + r++] = 1;
            right.shared[first + c++] = 1;
        } else if (cell(r + 1, c) >= cell(r, c + 1)) {
            ++r;
        } else {
            ++c;
        }
    }
}

} // namespace

WordDiff wordDiff(const QString& leftText, const QString& rightText)
{
    Side left(leftText);
    Side right(rightText);
    std::size_t first = 0;
    while (first < left.words.size() && first < right.words.size() && left.at(first) == right.at(first)) {
        left.shared[first] = right.shared[first] = 1;
        ++first;
    }
    std::size_t leftEnd = left.words.size();
    std::size_t rightEnd = right.words.size();
    while (leftEnd > first && rightEnd > first && left.at(leftEnd - 1) == right.at(rightEnd - 1)) {
        left.shared[--leftEnd] = right.shared[--rightEnd] = 1;
    }
    markCommon(left, right, first, leftEnd, rightEnd);
    return {left.unshared(), right.unshared()};
}

} // namespace luthier::ui
