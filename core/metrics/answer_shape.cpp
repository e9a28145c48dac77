// SPDX-License-Identifier: GPL-3.0-or-later
// What an answer looks like, whatever would have been right: its length, whether it repeats itself, whether it is empty, its code blocks,
// and whether a pattern is found in it.
#include "core/data/checks/text_scan.h"
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"
#include "core/text/characters/text_pattern.h"
#include "core/text/characters/utf8.h"

namespace luthier::metrics {

namespace {

constexpr std::size_t kRepeatedWords = 4;

double repeatedShare(const std::string& text)
{
    WordNumbers numbers;
    Sequence words;
    for (const auto word : splitWords(text)) {
        words.push_back(numbers.of(word));
    }
    if (words.size() < kRepeatedWords) {
        return 0;
    }
    const auto all = static_cast<double>(words.size() - kRepeatedWords + 1);
    return 1 - static_cast<double>(countSequences(words, kRepeatedWords).size()) / all;
}

} // namespace

Measured lengthInCharacters(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return static_cast<double>(text::toCodePoints(row.prediction).size()); });
}

// Share of sequences of four words that stood there before: seq-rep-4 of Welleck et al. 2020, on words.
Measured repetition(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return repeatedShare(row.prediction); });
}

Measured emptyAnswers(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return trimmed(row.prediction).empty() ? 1.0 : 0.0; });
}

Measured codeFences(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) {
        return row.prediction.find("```") != std::string::npos && !data::hasOpenFence(row.prediction) ? 1.0 : 0.0;
    });
}

Measured regexMatch(Rows rows, const MetricSettings& settings)
{
    if (settings.pattern.empty()) {
        return Error{"regex_match needs a regular expression; give it with --pattern"};
    }
    const auto pattern = text::TextPattern::compile(settings.pattern, {.isRegex = true, .isCaseSensitive = true});
    if (!pattern) {
        return pattern.error();
    }
    return meanOfRows(rows, [&](const ScoredRow& row) { return pattern->matches(row.prediction) ? 1.0 : 0.0; });
}

} // namespace luthier::metrics
