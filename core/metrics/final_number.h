// SPDX-License-Identifier: GPL-3.0-or-later
// FinalNumber: the number that an answer comes to. Strictly: the answer is a number and nothing else, or it stands behind the last
// "####" or in the last \boxed{}. Leniently: the last number in it, wherever. Both can differ widely, so both are shown.
//
// Numbers are written with or without a sign, thousands commas, a currency sign before or a percent sign behind; the point parts
// decimals. "1,000.50", "$1000.5" and "1000.50" are the same, "50 %" and "0.5" are not.
//
// Threads: free functions, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace luthier::metrics {

std::optional<double> strictNumber(std::string_view answer);
std::optional<double> lenientNumber(std::string_view answer);

} // namespace luthier::metrics
