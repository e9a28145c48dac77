// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/format_parts.h"
#include "core/data/formats/formats_table.h"

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

Result<const DatasetFormat*> detectFormat(std::span<const Json> rows)
{
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
