// SPDX-License-Identifier: GPL-3.0-or-later
// Splitter: cuts a piece of text into smaller pieces, the way a pre-tokenizer of tokenizer.json does.
//
// Text is valid UTF-8. Positions are bytes of the piece given. Threads: const functions, any thread at once.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// How many pieces a call should stop at; long texts are cut batch by batch.
inline constexpr std::size_t kPieceBatch = 128;

class Splitter {
public:
    virtual ~Splitter() = default;
    // Appends pieces of text[at, end) to `out`, in order and without empty ones, and returns where the next call goes
    // on: the size of the text when all is done. What lies between two pieces is dropped.
    virtual std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out) const = 0;
};
using SplitterPtr = std::shared_ptr<const Splitter>;

enum class SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };

// A stretch of text that the delimiter matched, or that lies between matches.
struct Stretch {
    Range range;
    bool isMatch = false;
};

// All stretches of a text in order, covering it.
using Finder = std::function<void(std::string_view text, std::vector<Stretch>& out)>;

void applyBehavior(const std::vector<Stretch>& stretches, SplitBehavior behavior, std::vector<Range>& out);

// The hand-written scanner for a well-known pattern, recognised by its exact text; null for any other. It isolates what
// matches. With `covering`, only patterns that leave nothing unmatched count.
SplitterPtr knownPattern(std::string_view pattern, bool covering = false);
// The pattern of GPT-2, which ByteLevel brings along.
SplitterPtr gpt2Pattern();

// Any other pattern, through PCRE2 with step limits. Refused: what does not compile, and what takes too many steps
// on texts of one repeated character. A text that exhausts the limits all the same stays one piece from there on.
Result<Finder> regexFinder(const std::string& pattern);
Finder literalFinder(std::string text);
Finder charFinder(bool (*isDelimiter)(char32_t));

SplitterPtr finderSplitter(Finder finder, SplitBehavior behavior, bool invert);
SplitterPtr digitsSplitter(bool individual);

} // namespace luthier::text
