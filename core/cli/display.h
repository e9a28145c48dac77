// SPDX-License-Identifier: GPL-3.0-or-later
// Display: text and numbers as a terminal shows them. C locale; JSON never goes through here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::cli {

// Columns that UTF-8 text takes: wide letters two, combining marks none.
int displayWidth(std::string_view text);
// Cut with "…" so that it takes at most `width` columns.
std::string cutTo(std::string_view text, int width);
// Broken at spaces and line ends, inside words only where one is too long.
std::vector<std::string> wrapTo(std::string_view text, int width);
// Control characters of foreign text made visible (escape sequences cannot reach the terminal); \n and \t
// stay.
std::string harmless(std::string_view text);
std::string oneLine(std::string_view text); // harmless, line ends as spaces

std::string shortest(double value);                // 0.002
std::string fixed(double value, int digits);       // 2.314
std::string counted(std::int64_t value);           // 1,107
std::string duration(double seconds);              // 1 min 12 s
std::string byteSize(double bytes);                // 1.4 GB

} // namespace luthier::cli
