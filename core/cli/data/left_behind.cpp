// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/left_behind.h"

#include "core/cli/console.h"
#include "core/cli/display.h"
#include "core/data/formats/row_writer.h"
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

Json noteLeftBehind(const data::Dataset& dataset, const data::FieldCensus& written, const std::string& to, Console& console)
{
    Json list = Json::array();
    const data::RowShape* shape = to == dataset.format().id ? nullptr : data::findRowShape(to);
    if (!shape) {
        return list;
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
    return list;
}

Json noteLeftBehind(const std::vector<std::shared_ptr<const data::Dataset>>& sets, const std::string& to, Console& console)
{
    Json list = Json::array();
    for (const auto& dataset : sets) {
        data::FieldCensus written;
        for (std::int64_t row = 0; row < dataset->rowCount() && !to.empty() && to != dataset->format().id; ++row) {
            const auto json = dataset->isExcluded(row) ? Result<Json>(Error{}) : dataset->row(row);
            if (json && dataset->format().toExample(*json)) {
                written.add(row, *json);
            }
        }
        const Json one = noteLeftBehind(*dataset, written, to, console);
        list.insert(list.end(), one.begin(), one.end());
    }
    return list;
}

} // namespace luthier::cli
