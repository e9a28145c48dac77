// SPDX-License-Identifier: GPL-3.0-or-later
// Strings: what Python's str does, on text that remembers which message it comes from.
//
// Threads: free functions. Counts and positions are characters unless they say bytes.
#pragma once

#include "core/text/jinja/values/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text::jinja {

enum class Side : std::uint8_t { Left = 1, Right = 2, Both = 3 };

// `characters` absent: white space.
Text strip(const Text& text, Side side, const std::optional<std::string>& characters);
// most < 0: all.
std::vector<Value> splitAtSpace(const Text& text, std::int64_t most, bool fromRight);
std::vector<Value> splitAt(const Text& text, const std::string& separator, std::int64_t most, bool fromRight);
std::vector<Value> splitLines(const Text& text, bool keepEnds);
Text replace(const Text& text, const std::string& before, const Text& after, std::int64_t most);
Text join(const Text& separator, const std::vector<Value>& parts); // every part through str()
Text pad(const Text& text, std::int64_t width, const std::string& fill, Side side); // Side: where the text stays

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalized(std::string_view text);
std::string swapped(std::string_view text);
std::string titled(std::string_view text); // str.title(): every run of letters

char32_t upperOf(char32_t c);
char32_t lowerOf(char32_t c);
bool isLetter(char32_t c);
bool isDigit(char32_t c);

// The text a changed copy of `from` is.
Text changed(std::string bytes, const Text& from);

// Bytes up to character `index`.
std::size_t byteOf(std::string_view text, std::size_t index);
std::size_t countCharacters(std::string_view text);

} // namespace luthier::text::jinja
