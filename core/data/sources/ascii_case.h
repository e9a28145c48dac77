// SPDX-License-Identifier: GPL-3.0-or-later
// Letters of ASCII without case, whatever the locale: names of files and fields, words that are looked for.
//
// Threads: free functions, any thread.
#pragma once

#include <algorithm>
#include <string>

namespace luthier::data {

constexpr char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return lowered(c); });
    return text;
}

} // namespace luthier::data
