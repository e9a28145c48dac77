// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/left_behind.h"

#include "core/cli/console.h"
#include "core/cli/display.h"
#include "core/data/formats/row_writer.h"
#include "core/data/unread/field_census.h"
#include "core/data/unread/unread_fields.h"

namespace luthier::cli {

namespace {

// A row that comes out the same without a field loses it.
data::Trace writtenTrace(const data::RowShape& shape)
{
    return [&shape](const data::Example& example) -> Result<std::string> {
        auto row = shape.toRow(example);
        return row ? Result<std::string>(base::dumpJson(*row)) : Result<std::string>(row.error());
    };
}

} // namespace

void noteLeftBehind(const data::Dataset& dataset, const std::vector<std::int64_t>& rows, const std::string& to, Console& console, Json& list)
{
    const data::RowShape* shape = to == dataset.format().id ? nullptr : data::findRowShape(to);
    if (!shape) {
        return;
    }
    data::FieldCensus written;
    for (const std::int64_t row : rows) {
        if (const auto json = dataset.row(row)) {
            written.add(row, *json);
        }
    }
    const auto report = data::unreadFields(dataset, written, {nullptr, writtenTrace(*shape), {"synthetic"}}); // which is written again
    const std::string file = dataset.path().string();
    std::string named;
    for (const data::UnreadField& field : report.fields) {
        list.push_back({{"file", file}, {"column", field.name}, {"rows", field.rows}});
        named += (named.empty() ? "\"" : ", \"") + field.name + "\" (" + counted(field.rows) + (field.rows == 1 ? " row)" : " rows)");
    }
    if (!named.empty()) {
        console.warning(oneLine(file + ": not written, since the shape " + to + " has no place for it: " + named));
    }
    if (report.untried > 0) {
        console.warning(oneLine(file + ": " + counted(report.untried) + " rows differ too much from each other in their fields to find out what the shape "
                                + to + " leaves behind of them"));
    }
}

} // namespace luthier::cli
