// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/words.h"

#include "core/text/characters/utf8.h"

#include <cstdint>

namespace luthier::metrics {

bool isPythonSpace(char32_t c)
{
    return text::isSpace(c) || (c >= 0x1C && c <= 0x1F);
}

std::vector<std::string_view> splitWords(std::string_view text)
{
    std::vector<std::string_view> words;
    std::size_t begin = std::string_view::npos;
    for (std::size_t at = 0; at < text.size();) {
        const auto point = text::decodeAt(text, at);
        const bool space = point.valid && isPythonSpace(point.value);
        if (space && begin != std::string_view::npos) {
            words.push_back(text.substr(begin, at - begin));
            begin = std::string_view::npos;
        } else if (!space && begin == std::string_view::npos) {
            begin = at;
        }
        at += static_cast<std::size_t>(point.length);
    }
    if (begin != std::string_view::npos) {
        words.push_back(text.substr(begin));
    }
    return words;
}

std::string_view trimmed(std::string_view text)
{
    const auto words = splitWords(text);
    if (words.empty()) {
        return {};
    }
    return {words.front().data(), static_cast<std::size_t>(words.back().data() + words.back().size() - words.front().data())};
}

std::string_view trimmedRight(std::string_view text)
{
    const auto words = splitWords(text);
    return words.empty() ? std::string_view()
                         : text.substr(0, static_cast<std::size_t>(words.back().data() + words.back().size() - text.data()));
}

std::size_t SequenceHash::operator()(const Sequence& sequence) const
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const auto number : sequence) {
        hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    }
    return static_cast<std::size_t>(hash);
}

SequenceCounts countSequences(const Sequence& text, std::size_t order)
{
    SequenceCounts counts;
    for (std::size_t i = 0; i + order <= text.size(); ++i) {
        const auto begin = text.begin() + static_cast<std::ptrdiff_t>(i);
        ++counts[Sequence(begin, begin + static_cast<std::ptrdiff_t>(order))];
    }
    return counts;
}

std::uint32_t WordNumbers::of(std::string_view word)
{
    return m_numbers.try_emplace(std::string(word), static_cast<std::uint32_t>(m_numbers.size())).first->second;
}

Sequence WordNumbers::of(const std::vector<std::string>& words)
{
    Sequence numbers;
    for (const auto& word : words) {
        numbers.push_back(of(word));
    }
    return numbers;
}

} // namespace luthier::metrics
