// SPDX-License-Identifier: GPL-3.0-or-later
// MeasureColumns: the columns of a table of runs that no table in the source names: one for each measure and set that any of
// the runs measured, standing in a row at a fixed place among the others. They come and never go while the runs stay, so
// that a view keeps what is chosen. Sections count all columns of the table, from 0.
//
// Threads: a value; the model that holds it tells its views of what is added.
#pragma once

#include "core/measures/summary.h"

#include <QVariant>

#include <vector>

namespace luthier::ui {

class MeasureColumns {
public:
    explicit MeasureColumns(int place) : m_place(place) {}

    int place() const { return m_place; }
    int count() const { return static_cast<int>(m_columns.size()); }
    // The place of a section among the fixed columns; -1: it is one of these.
    int fixed(int section) const { return section < m_place ? section : section < m_place + count() ? -1 : section - count(); }
    const measures::Column& at(int section) const { return m_columns[static_cast<std::size_t>(section - m_place)]; }
    QVariant heading(int section, int role) const;
    // What the cell of a run answers that tells its last value, and in the tooltip the one before the first step.
    QVariant lastValue(int section, const measures::Summaries& run, int role, int sortRole) const;

    void reset(const std::vector<const measures::Summaries*>& runs) { m_columns = measures::columnsOf(runs); }
    std::vector<measures::Column> newIn(const std::vector<const measures::Summaries*>& runs) const;
    void add(const std::vector<measures::Column>& columns) { m_columns.insert(m_columns.end(), columns.begin(), columns.end()); }

private:
    int m_place;
    std::vector<measures::Column> m_columns;
};

} // namespace luthier::ui
