// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/last_line.h"

#include <string_view>
#include <utility>

namespace luthier::base {

std::string lastLine(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
        text.pop_back();
    }
    const auto line = text.rfind('\n');
    return line == std::string::npos ? text : text.substr(line + 1);
}

std::string lastSentence(std::string text)
{
    constexpr std::string_view kName = "luthier: ";
    const std::string line = lastLine(std::move(text));
    return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

} // namespace luthier::base
