// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/shingles.h"

#include "core/base/random.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325ULL;
constexpr std::uint64_t kFnvPrime = 0x100000001b3ULL;
constexpr char32_t kFirstIdeograph = 0x2E80; // from here on scripts are written without blanks between words
constexpr std::uint64_t kSeed = 0x4c757468;

std::uint64_t mixed(std::uint64_t value)
{
    return base::Random(value).next();
}

// Hashes of the words, in order.
std::vector<std::uint64_t> wordsOf(std::string_view text)
{
    std::vector<std::uint64_t> words;
    std::uint64_t word = kFnvOffset;
    const auto finish = [&] {
        if (word != kFnvOffset) {
            words.push_back(word);
            word = kFnvOffset;
        }
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0xE2 && byte < 0xF0 && i + 2 < text.size()) { // three bytes
            const char32_t code = static_cast<char32_t>(byte & 0x0FU) << 12
                                  | static_cast<char32_t>(text[i + 1] & 0x3F) << 6
                                  | static_cast<char32_t>(text[i + 2] & 0x3F);
            if (code >= kFirstIdeograph) {
                finish();
                words.push_back(mixed(code));
                i += 2;
                continue;
            }
        }
        byte = byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + ('a' - 'A')) : byte;
        if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
            word = (word ^ byte) * kFnvPrime;
        } else if (byte != '\'') {
            finish();
        }
    }
    finish();
    return words;
}

struct Functions {
    std::array<std::uint64_t, kMinHashes> factor{};
    std::array<std::uint64_t, kMinHashes> term{};
};

// Multiply-shift (Dietzfelbinger 1997): odd factors of 64 bits, the upper half of the product counts.
Functions makeFunctions()
{
    Functions functions;
    base::Random random(kSeed);
    for (std::size_t i = 0; i < kMinHashes; ++i) {
        functions.factor[i] = random.next() | 1U;
        functions.term[i] = random.next();
    }
    return functions;
}

// Several hashes at once where the processor multiplies so; integers, so all give the same.
#if defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 12
__attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), optimize("O3")))
#endif
void takeLeast(std::uint64_t shingle, const Functions& functions, MinHash& least)
{
    for (std::size_t i = 0; i < kMinHashes; ++i) {
        const auto hash = static_cast<std::uint32_t>((shingle * functions.factor[i] + functions.term[i]) >> 32);
        least[i] = hash < least[i] ? hash : least[i];
    }
}

} // namespace

std::vector<std::uint64_t> shinglesOf(std::string_view text, int words)
{
    const std::vector<std::uint64_t> all = wordsOf(text);
    const auto width = static_cast<std::size_t>(std::max(words, 1));
    std::vector<std::uint64_t> shingles;
    for (std::size_t first = 0; first < all.size() && (first == 0 || first + width <= all.size()); ++first) {
        std::uint64_t hash = 0;
        for (std::size_t i = first; i < std::min(first + width, all.size()); ++i) {
            hash = mixed(hash ^ all[i]);
        }
        shingles.push_back(hash);
    }
    std::sort(shingles.begin(), shingles.end());
    shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
    return shingles;
}

double jaccard(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b)
{
    if (a.empty() && b.empty()) {
        return 1;
    }
    std::size_t shared = 0;
    for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
        if (*i == *j) {
            ++shared;
            ++i;
            ++j;
        } else {
            ++(*i < *j ? i : j);
        }
    }
    return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

MinHash minHashOf(const std::vector<std::uint64_t>& shingles)
{
    static const Functions functions = makeFunctions();
    MinHash least;
    least.fill(0xffffffffU);
    for (const std::uint64_t shingle : shingles) {
        takeLeast(shingle, functions, least);
    }
    return least;
}

} // namespace luthier::data
