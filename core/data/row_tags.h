// SPDX-License-Identifier: GPL-3.0-or-later
// RowTags: what a person calls rows of a file. Rows count from 0; those without a tag are not in it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace luthier::data {

using RowTags = std::map<std::int64_t, std::set<std::string>>;

} // namespace luthier::data
