// SPDX-License-Identifier: GPL-3.0-or-later
// Words: texts in parts as Python's str.split() has them, which the programs that metrics are known from are written in.
//
// Threads: free functions, any thread. Invalid UTF-8 reads as U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace luthier::metrics {

bool isPythonSpace(char32_t c); // str.isspace: White_Space, and the separators U+001C to U+001F
std::vector<std::string_view> splitWords(std::string_view text);
std::string_view trimmed(std::string_view text);      // str.strip()
std::string_view trimmedRight(std::string_view text); // str.rstrip()

// How often each run of `order` neighbouring parts stands in a text. Parts are numbers of a WordNumbers.
using Sequence = std::vector<std::uint32_t>;
struct SequenceHash {
    std::size_t operator()(const Sequence& sequence) const;
};
using SequenceCounts = std::unordered_map<Sequence, std::int64_t, SequenceHash>;
SequenceCounts countSequences(const Sequence& text, std::size_t order);

// The same number for the same word.
class WordNumbers {
public:
    std::uint32_t of(std::string_view word);
    Sequence of(const std::vector<std::string>& words);

private:
    std::unordered_map<std::string, std::uint32_t> m_numbers;
};

} // namespace luthier::metrics
