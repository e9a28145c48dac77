// SPDX-License-Identifier: GPL-3.0-or-later
// RowName: "row 3: ", as sentences about a row of a Dataset begin, and taken off again where the row is named beside them.
//
// Threads: free functions, any thread. Rows count from 0 here and from 1 in the text.
#pragma once

#include <cstdint>
#include <string>

namespace luthier::data {

inline std::string rowName(std::int64_t index)
{
    return "row " + std::to_string(index + 1) + ": ";
}

inline std::string withoutRowName(const std::string& sentence, std::int64_t index)
{
    const std::string name = rowName(index);
    return sentence.starts_with(name) ? sentence.substr(name.size()) : sentence;
}

} // namespace luthier::data
