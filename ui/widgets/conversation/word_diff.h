// SPDX-License-Identifier: GPL-3.0-or-later
// wordDiff: which words of two texts are not shared, by longest common subsequence of words.
// White space separates words and never counts as a difference. Ranges are in UTF-16 units.
//
// Threads: any. Texts beyond kMaxDiffWords words are compared by common prefix and suffix only.
#pragma once

#include <QString>

#include <vector>

namespace luthier::ui {

inline constexpr int kMaxDiffWords = 2000;

struct TextRange {
    qsizetype begin = 0;
    qsizetype end = 0;
    bool operator==(const TextRange&) const = default;
};

struct WordDiff {
    std::vector<TextRange> left;  // words only the left has
    std::vector<TextRange> right; // words only the right has
};

WordDiff wordDiff(const QString& left, const QString& right);

} // namespace luthier::ui
