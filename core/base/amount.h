// SPDX-License-Identifier: GPL-3.0-or-later
// Amount: a number as a sentence has it, and with its noun: "1 row", "1,107 rows". English; the window has its own (ui/base/amounts.h).
//
// Threads: free functions, any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace luthier::base {

inline std::string counted(std::int64_t value) // 1,107
{
    const std::string digits = std::to_string(value);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const bool first = i == 0 || digits[i - 1] == '-';
        text += !first && (digits.size() - i) % 3 == 0 ? "," : "";
        text += digits[i];
    }
    return text;
}

// Which of two words goes with a number: "is" or "are".
inline std::string_view oneOrMany(std::integral auto number, std::string_view one, std::string_view many)
{
    return number == 1 ? one : many;
}

// `many` where it is not the word with an s behind it.
inline std::string amount(std::integral auto number, std::string_view one, std::string_view many = {})
{
    return counted(static_cast<std::int64_t>(number)) + " " + (number == 1 ? std::string(one) : many.empty() ? std::string(one) + "s" : std::string(many));
}

} // namespace luthier::base
