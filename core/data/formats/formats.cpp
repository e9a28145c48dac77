// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_parts.h"
#include "core/data/formats/formats_table.h"

#include <algorithm>

namespace luthier::data {

std::span<const DatasetFormat> formats()
{
    static const std::vector<DatasetFormat> table{
        instructionFormat(), chatFormat(),           completionFormat(), preferenceFormat(),
        textFormat(),        classificationFormat(), promptFormat(),
        unpairedFormat(),
    };
    return table;
}

const DatasetFormat* findFormat(std::string_view id)
{
    for (const DatasetFormat& format : formats()) {
        if (format.id == id) {
            return &format;
        }
    }
    return nullptr;
}

namespace {

// One object that holds a table by its columns, as pandas writes it unless it is told otherwise.
bool isByColumn(std::span<const Json> rows)
{
    if (rows.size() != 1 || !rows[0].is_object() || rows[0].size() < 2) {
        return false;
    }
    const Json& first = *rows[0].begin();
    const auto isWord = [](const Json& value) { return value.is_primitive(); };
    return (first.is_array() || first.is_object()) && first.size() > 1 && std::all_of(rows[0].begin(), rows[0].end(), [&](const Json& column) {
               return column.type() == first.type() && column.size() == first.size() && std::all_of(column.begin(), column.end(), isWord)
                      && (column.is_array() || column.contains("0"));
           });
}

} // namespace

Result<const DatasetFormat*> detectFormat(std::span<const Json> rows)
{
    if (isByColumn(rows)) {
        return Error{"it holds its columns one after the other, " + columnsOf(rows[0])
                     + "; write an object for each row (in pandas, to_json(orient=\"records\", lines=True))"};
    }
    const DatasetFormat* best = nullptr;
    double bestScore = 0;
    for (const DatasetFormat& format : formats()) {
        const double score = format.matches(rows);
        if (score > bestScore) {
            best = &format;
            bestScore = score;
        }
    }
    if (best) {
        return best;
    }
    Json columns = Json::object();
    for (const Json& row : rows) {
        if (row.is_object()) {
            columns.update(row);
        }
    }
    std::string known;
    for (const DatasetFormat& format : formats()) {
        known += (known.empty() ? "" : "; ") + format.label + ": " + format.help;
    }
    const std::string found = columnsOf(columns);
    return Error{"no row has a known shape. "
                 + (found.empty() ? std::string("The rows are no objects with fields")
                                  : "The columns found are " + found)
                 + ". Rename them to one of these: " + known};
}

} // namespace luthier::data
