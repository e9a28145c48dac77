// SPDX-License-Identifier: GPL-3.0-or-later
// Shingles: runs of neighbouring words as a set of hashes, how alike two such sets are, and their MinHash, which
// tells it approximately from a few numbers (Broder 1997, "On the resemblance and containment of documents").
//
// Threads: free functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace luthier::data {

// Words in lower case (ASCII), punctuation left out; scripts written without blanks count by the character.
// `words` neighbours make a shingle; a shorter text is one shingle. Sorted, each once.
std::vector<std::uint64_t> shinglesOf(std::string_view text, int words);

// Shared over all, 0 to 1; two empty sets are alike.
double jaccard(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b);

// The share of equal places is an estimate of jaccard.
constexpr std::size_t kMinHashes = 96;
using MinHash = std::array<std::uint32_t, kMinHashes>;
MinHash minHashOf(const std::vector<std::uint64_t>& shingles);

} // namespace luthier::data
