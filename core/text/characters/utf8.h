// SPDX-License-Identifier: GPL-3.0-or-later
// Utf8: characters in byte strings. Strict: no overlong forms, no surrogates, nothing past U+10FFFF.
//
// Threads: free functions, any thread. Offsets and lengths are bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct CodePoint {
    char32_t value = 0xFFFD;
    int length = 1;     // bytes consumed; 1 for an invalid byte
    bool valid = false; // false: value is U+FFFD
};

// at must lie inside text.
CodePoint decodeAt(std::string_view text, std::size_t at);

void appendUtf8(std::string& out, char32_t value);

// All characters, invalid bytes as U+FFFD.
std::u32string toCodePoints(std::string_view text);
std::string toUtf8(std::u32string_view text);

bool isValidUtf8(std::string_view text);

// Each invalid byte replaced by U+FFFD. `origin`, when given, receives for every byte of the result and for its
// end the byte of `text` it comes from.
std::string replaceInvalid(std::string_view text, std::vector<std::int64_t>* origin = nullptr);

// Unicode White_Space.
bool isSpace(char32_t value);
// The first place from `at` on that is no white space.
std::size_t skipSpaces(std::string_view text, std::size_t at);

} // namespace luthier::text
