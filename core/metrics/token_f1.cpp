// SPDX-License-Identifier: GPL-3.0-or-later
// F1 of the words that answer and reference have in common, as SQuAD 1.1 counts it. Two texts without a word have nothing in common: 0.
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"
#include "core/text/characters/char_class.h"
#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>
#include <map>

namespace luthier::metrics {

namespace {

// Python's \w: what str.isalnum() takes, and the underscore.
bool isPythonWord(char32_t c)
{
    constexpr unsigned kAlnum = text::kLetter | text::kNumber;
    return c == '_' || (text::CharClasses::table().of(c) & kAlnum) != 0;
}

bool isAsciiSign(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// The words a, an and the become a blank each.
std::string withoutArticles(const std::string& text)
{
    std::string out;
    const std::u32string points = text::toCodePoints(text);
    for (std::size_t at = 0; at < points.size();) {
        if (!isPythonWord(points[at])) {
            text::appendUtf8(out, points[at++]);
            continue;
        }
        std::size_t end = at;
        while (end < points.size() && isPythonWord(points[end])) {
            ++end;
        }
        const std::u32string_view word(points.data() + at, end - at);
        out += word == U"a" || word == U"an" || word == U"the" ? " " : text::toUtf8(word);
        at = end;
    }
    return out;
}

std::map<std::string, std::int64_t> wordsOf(const std::string& text, std::int64_t& total)
{
    std::string lower = text::jinja::lower(text);
    std::erase_if(lower, isAsciiSign);
    const std::string plain = withoutArticles(lower);
    std::map<std::string, std::int64_t> words;
    total = 0;
    for (const auto word : splitWords(plain)) {
        ++words[std::string(word)];
        ++total;
    }
    return words;
}

double score(const std::string& answer, const std::string& reference)
{
    std::int64_t answered = 0;
    std::int64_t wanted = 0;
    const auto here = wordsOf(answer, answered);
    const auto there = wordsOf(reference, wanted);
    std::int64_t hits = 0;
    for (const auto& [word, count] : here) {
        const auto found = there.find(word);
        hits += found == there.end() ? 0 : std::min(count, found->second);
    }
    if (hits == 0) {
        return 0;
    }
    const double precision = static_cast<double>(hits) / static_cast<double>(answered);
    const double recall = static_cast<double>(hits) / static_cast<double>(wanted);
    return 2 * precision * recall / (precision + recall);
}

} // namespace

Measured tokenF1(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) {
        return bestOf(row, [&](const std::string& reference) { return score(row.prediction, reference); });
    });
}

} // namespace luthier::metrics
