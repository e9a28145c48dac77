// SPDX-License-Identifier: GPL-3.0-or-later
// White space of ASCII that stands around the words of a text.
//
// Threads: free functions, any thread.
#pragma once

#include <string_view>

namespace luthier::data {

inline constexpr std::string_view kAsciiSpaces = " \t\r\n";

// Without what of them stands at the ends.
constexpr std::string_view stripped(std::string_view text)
{
    const auto begin = text.find_first_not_of(kAsciiSpaces);
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kAsciiSpaces) + 1 - begin);
}

} // namespace luthier::data
