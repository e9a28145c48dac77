// SPDX-License-Identifier: GPL-3.0-or-later
// How detectFormat() begins to say that it knows nothing of the rows; where it knows whose they are it has a sentence of its own,
// and no mapping of columns helps.
//
// Threads: a constant.
#pragma once

#include <string_view>

namespace luthier::data {

inline constexpr std::string_view kUnknownShape = "no row has a known shape. ";

} // namespace luthier::data
