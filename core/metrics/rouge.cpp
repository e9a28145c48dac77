// SPDX-License-Identifier: GPL-3.0-or-later
// ROUGE (Lin 2004) as rouge-score counts it: words are runs of a-z and 0-9 of the text in lower case; the mean of the rows' F, of several
// references the best.
#include "core/metrics/porter_stemmer.h"
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"
#include "core/text/jinja/values/strings.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace luthier::metrics {

namespace {

std::vector<std::string> wordsOf(std::string_view text, bool stemmer)
{
    constexpr std::size_t kShortest = 4; // that is stemmed
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) {
            words.push_back(stemmer && word.size() >= kShortest ? stemOf(word) : word);
            word.clear();
        }
    };
    // Letters outside of ASCII may have ASCII in lower case: the signs of kelvin and a dotted I.
    for (const char c : text::jinja::lower(text)) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            word += c;
        } else {
            end();
        }
    }
    end();
    return words;
}

double fOf(double hits, double answer, double reference)
{
    const double precision = hits / answer;
    const double recall = hits / reference;
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
}

using Lengths = std::vector<std::vector<std::uint32_t>>; // [i][j]: longest common sequence of the first i and j words

Lengths commonLengths(const Sequence& reference, const Sequence& answer)
{
    Lengths lengths(reference.size() + 1, std::vector<std::uint32_t>(answer.size() + 1, 0));
    for (std::size_t i = 1; i <= reference.size(); ++i) {
        for (std::size_t j = 1; j <= answer.size(); ++j) {
            lengths[i][j] = reference[i - 1] == answer[j - 1] ? lengths[i - 1][j - 1] + 1 : std::max(lengths[i - 1][j], lengths[i][j - 1]);
        }
    }
    return lengths;
}

// Two rows of the table are enough for its last number.
std::uint32_t commonLength(const Sequence& reference, const Sequence& answer)
{
    std::vector<std::uint32_t> before(answer.size() + 1, 0);
    std::vector<std::uint32_t> now(answer.size() + 1, 0);
    for (const auto word : reference) {
        for (std::size_t j = 1; j <= answer.size(); ++j) {
            now[j] = word == answer[j - 1] ? before[j - 1] + 1 : std::max(before[j], now[j - 1]);
        }
        std::swap(before, now);
    }
    return before.back();
}

// Marks the words of the reference in one longest common sequence: the one that rouge-score finds, walking back from the end.
void markCommon(const Sequence& reference, const Sequence& answer, std::vector<bool>& marked)
{
    const Lengths lengths = commonLengths(reference, answer);
    std::size_t i = reference.size();
    std::size_t j = answer.size();
    while (i > 0 && j > 0) {
        if (reference[i - 1] == answer[j - 1]) {
            marked[--i] = true;
            --j;
        } else if (lengths[i][j - 1] > lengths[i - 1][j]) {
            --j;
        } else {
            --i;
        }
    }
}

// A text as each kind of ROUGE asks for it.
class RougeText {
public:
    RougeText(std::string_view text, bool stemmer, WordNumbers& numbers) : m_words(numbers.of(wordsOf(text, stemmer)))
    {
        while (!text.empty()) {
            const auto end = text.find('\n');
            if (const auto line = text.substr(0, end); !line.empty()) {
                m_lines.push_back(numbers.of(wordsOf(line, stemmer)));
            }
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        }
    }
    const Sequence& words() const { return m_words; }
    const std::vector<Sequence>& lines() const { return m_lines; }

private:
    Sequence m_words;
    std::vector<Sequence> m_lines; // those that are not empty
};

double ofSequences(const RougeText& reference, const RougeText& answer, std::size_t order)
{
    const auto there = countSequences(reference.words(), order);
    const auto here = countSequences(answer.words(), order);
    std::int64_t hits = 0;
    for (const auto& [sequence, count] : there) {
        const auto found = here.find(sequence);
        hits += found == here.end() ? 0 : std::min(count, found->second);
    }
    const auto total = [order](const RougeText& text) {
        return std::max(1.0, static_cast<double>(text.words().size()) - static_cast<double>(order) + 1);
    };
    return fOf(static_cast<double>(hits), total(answer), total(reference));
}

double ofLongest(const RougeText& reference, const RougeText& answer)
{
    if (reference.words().empty() || answer.words().empty()) {
        return 0;
    }
    return fOf(commonLength(reference.words(), answer.words()), static_cast<double>(answer.words().size()),
               static_cast<double>(reference.words().size()));
}

using WordCounts = std::map<std::uint32_t, std::int64_t>;

WordCounts countWords(const std::vector<Sequence>& lines)
{
    WordCounts counts;
    for (const auto& line : lines) {
        for (const auto word : line) {
            ++counts[word];
        }
    }
    return counts;
}

// Each line of the reference against all of the answer; a word counts no more often than it stands in either.
double ofLines(const RougeText& reference, const RougeText& answer)
{
    auto left = countWords(reference.lines());
    auto there = countWords(answer.lines());
    const auto total = [](const WordCounts& counts) {
        return std::accumulate(counts.begin(), counts.end(), 0.0, [](double sum, const auto& item) { return sum + static_cast<double>(item.second); });
    };
    const double referenceWords = total(left);
    const double answerWords = total(there);
    if (referenceWords == 0 || answerWords == 0) {
        return 0;
    }
    double hits = 0;
    for (const auto& line : reference.lines()) {
        std::vector<bool> marked(line.size(), false);
        for (const auto& other : answer.lines()) {
            markCommon(line, other, marked);
        }
        for (std::size_t i = 0; i < line.size(); ++i) {
            const auto found = marked[i] ? there.find(line[i]) : there.end();
            if (found != there.end() && found->second > 0 && left[line[i]] > 0) {
                ++hits;
                --found->second;
                --left[line[i]];
            }
        }
    }
    return fOf(hits, answerWords, referenceWords);
}

Measured meanOf(Rows rows, const MetricSettings& settings, double (*score)(const RougeText& reference, const RougeText& answer))
{
    WordNumbers numbers;
    return meanOfRows(rows, [&](const ScoredRow& row) {
        const RougeText answer(row.prediction, settings.stemmer, numbers);
        return bestOf(row, [&](const std::string& reference) { return score(RougeText(reference, settings.stemmer, numbers), answer); });
    });
}

} // namespace

Measured rouge1(Rows rows, const MetricSettings& settings)
{
    return meanOf(rows, settings, [](const RougeText& reference, const RougeText& answer) { return ofSequences(reference, answer, 1); });
}

Measured rouge2(Rows rows, const MetricSettings& settings)
{
    return meanOf(rows, settings, [](const RougeText& reference, const RougeText& answer) { return ofSequences(reference, answer, 2); });
}

Measured rougeL(Rows rows, const MetricSettings& settings)
{
    return meanOf(rows, settings, ofLongest);
}

Measured rougeLsum(Rows rows, const MetricSettings& settings)
{
    return meanOf(rows, settings, ofLines);
}

} // namespace luthier::metrics
