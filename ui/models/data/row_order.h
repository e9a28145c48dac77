// SPDX-License-Identifier: GPL-3.0-or-later
// RowOrder: some rows of a data set in the order in which a table shows them, and where each of them stands.
//
// Threads: a plain value.
#pragma once

#include <Qt>

#include <cstdint>
#include <vector>

namespace luthier::ui {

class RowOrder {
public:
    // In the order given. numRows: of the data set.
    RowOrder(std::vector<std::int64_t> rows, std::int64_t numRows);
    // By their keys, one a row; equal ones stay as they were.
    static RowOrder sorted(std::vector<std::int64_t> rows, const std::vector<std::int64_t>& keys, Qt::SortOrder order, std::int64_t numRows);

    std::int64_t count() const { return static_cast<std::int64_t>(m_rows.size()); }
    std::int64_t rowAt(int place) const { return m_rows[static_cast<std::size_t>(place)]; }
    bool isAscending() const { return m_places.empty(); }
    int placeOf(std::int64_t row) const; // -1: not among them

private:
    std::vector<std::int64_t> m_rows;
    std::vector<std::int32_t> m_places; // by row, -1: not shown; empty: rows ascend
};

} // namespace luthier::ui
