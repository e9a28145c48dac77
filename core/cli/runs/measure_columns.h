// SPDX-License-Identifier: GPL-3.0-or-later
// MeasureColumns: in a table of runs, a column for each measure and set that any of them measured beside the loss and the
// held-out loss, which have columns of their own; the last value of each.
#pragma once

#include "core/cli/table.h"
#include "core/measures/summary.h"

namespace luthier::cli {

class MeasureColumns {
public:
    explicit MeasureColumns(const std::vector<const measures::Summaries*>& runs) : m_columns(measures::columnsOf(runs)) {}

    void addTo(std::vector<Column>& titles) const
    {
        for (const measures::Column& column : m_columns) {
            titles.push_back({measures::nameOf(*column.measure, column.set), false, true});
        }
    }
    void addTo(std::vector<std::string>& cells, const measures::Summaries& run) const
    {
        for (const measures::Column& column : m_columns) {
            const measures::Summary* summary = run.find(*column.measure, column.set);
            cells.push_back(summary == nullptr ? "-" : measures::textOf(*column.measure, summary->last));
        }
    }

private:
    std::vector<measures::Column> m_columns;
};

} // namespace luthier::cli
