// SPDX-License-Identifier: GPL-3.0-or-later
// Html: pieces of a page that stands alone: no script, no font, nothing from elsewhere. Texts of rows and files are foreign and are
// written so that they stay texts.
//
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::report {

std::string escaped(std::string_view text);                        // &, <, >, quotes; control characters made visible
std::string element(std::string_view name, std::string_view text); // a foreign text in a tag
std::string section(std::string_view title, const std::string& html);

struct Cell {
    std::string html;
    bool isNumber = false;
    bool isShort = false; // stands on one line
};
Cell textCell(std::string_view text);
Cell numberCell(std::string_view text);
std::string table(const std::vector<std::string>& titles, const std::vector<std::vector<Cell>>& rows);

// The whole page: light or dark as the reader's system has it, and black on white on paper.
std::string page(std::string_view title, const std::string& body);

} // namespace luthier::report
