// SPDX-License-Identifier: GPL-3.0-or-later
// TextCounts: how long a text is, in several units.
#pragma once

#include <cstdint>
#include <string_view>

namespace luthier::rewards {

struct TextCounts {
    std::int64_t characters = 0; // code points, white space at the ends left out
    std::int64_t words = 0;      // what white space parts
    std::int64_t lines = 0;      // with something in them
    std::int64_t sentences = 0;  // ends of . ! ? … before white space or the end; a text without one is one
};

TextCounts countsOf(std::string_view text);

// Share of the words that end three words which stood in the text before, from 0 to 1; 0 of less than four words.
double repeatedShare(std::string_view text);

} // namespace luthier::rewards
