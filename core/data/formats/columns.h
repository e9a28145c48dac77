// SPDX-License-Identifier: GPL-3.0-or-later
// Columns: rows whose fields have names no format knows, read under the names it does: "prompt=question" reads the
// column "question" as the field "prompt". A column may lie deeper, "data/question", "summaries/0/text" (field_path.h), and several may be one
// field: "input=A+B" gives lines that begin with their names, "A: ...". "completion=choices[answer]" is the one of the choices
// that the other column names, and "completion=A+B[answer]" of the columns (chosen_column.h).
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/data/sources/row_source.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace luthier::data {

struct ColumnName {
    std::string field;  // what formats call it
    std::string column; // what the file calls it
};
using Columns = std::vector<ColumnName>;

// From "field=column" each, or several in one text, "field=column,field=column"; a comma that no "field=" follows belongs to
// the column's name. Errors: no such form, a field twice.
Result<Columns> parseColumns(const std::vector<std::string>& texts);
std::vector<std::string> toTexts(const Columns& columns);
std::string toText(const Columns& columns); // as one text

// The row with its columns under their fields' names, first; the other columns follow. A field whose column is not
// there or null stays away, so that files with the usual names can be read beside others.
Json withColumns(const Json& row, const Columns& columns);
std::shared_ptr<const RowSource> withColumns(std::shared_ptr<const RowSource> source, Columns columns);

// Those of `columns` that none of the rows (read with them) has, under neither name, joined ones in none of their parts.
Columns missingColumns(const Columns& columns, std::span<const Json> rows);
// "no row has the column "qestion", which prompt is read from; did you mean "question"? There are question, answer".
std::string missingSentence(const ColumnName& missing, const Columns& columns, std::span<const Json> rows);

struct ColumnGuess {
    std::string format; // id of the format the rows then have
    Columns columns;
};
// By names that are usual elsewhere, then by what the columns hold (of two texts the longer is the answer). Only what
// the format then reads without an error in half of the rows is offered; nothing for rows that have a known shape.
std::optional<ColumnGuess> guessColumns(std::span<const Json> rows);
// By usual names alone, whatever shape the rows have.
std::optional<ColumnGuess> guessByNames(std::span<const Json> rows);

struct ColumnFacts {
    std::string name;
    std::string kind;    // "text", "number", "list" ...: of the first row that has it
    std::string example; // its value there, shortened, one line
};
// For a form in which a person says what is what: every column of the rows, in their order.
std::vector<ColumnFacts> columnFacts(std::span<const Json> rows);

} // namespace luthier::data
