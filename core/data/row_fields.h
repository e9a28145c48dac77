// SPDX-License-Identifier: GPL-3.0-or-later
// RowFields: the editable texts of a row with the name a person knows each by: its column, or who speaks.
//
// Threads: free functions, any thread.
#pragma once

#include "core/data/dataset.h"
#include "core/text/characters/text_pattern.h"

#include <set>
#include <string>
#include <vector>

namespace luthier::data {

struct RowField {
    std::string path; // "output", "messages/1/content"
    std::string name; // "output", "assistant"; in lists of answers the list's name, "chosen"
};

std::vector<RowField> fieldsOf(const DatasetFormat& format, const Json& row);

// Names met in the first rows.
std::set<std::string> fieldNames(const Dataset& dataset, std::int64_t rows = 64);

struct RowQuery {
    text::TextPattern pattern;
    std::string field;         // name; empty: every text of the row, also those that cannot be edited
    std::string plainAscii = {}; // the text looked for when it needs no parsing to be missed (see plainNeedle)
};

// `text` when it can only stand in a row whose bytes hold it too (no characters that JSON may escape); else empty.
std::string plainNeedle(const std::string& text, const text::PatternOptions& options);

bool rowMatches(const Dataset& dataset, std::int64_t row, const RowQuery& query);

// The row with every match in its editable fields (of this name) replaced; nullopt: nothing changes.
Result<std::optional<Json>> replacedInRow(const DatasetFormat& format, const Json& row, const RowQuery& query,
                                          const std::string& replacement);

} // namespace luthier::data
