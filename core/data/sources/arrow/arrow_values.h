// SPDX-License-Identifier: GPL-3.0-or-later
// ArrowValues: values of Arrow arrays as JSON text. Internal to core/data: names Arrow's types.
//
// Threads: free functions, any thread.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <string>

namespace luthier::data {

// Appends the value as JSON. What JSON has no word for (dates, decimals ...) is text; bytes are null. NaN and
// infinities stand as Python writes them, so that reading the row can say that it had them.
void appendJson(const arrow::Array& array, std::int64_t index, std::string& to);
void appendJsonText(std::string_view text, std::string& to); // quoted and escaped

bool holdsBytes(const arrow::DataType& type); // binary, itself or inside

} // namespace luthier::data
