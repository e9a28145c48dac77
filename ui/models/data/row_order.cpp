// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_order.h"

#include <algorithm>
#include <numeric>

namespace luthier::ui {

RowOrder::RowOrder(std::vector<std::int64_t> rows, std::int64_t numRows) : m_rows(std::move(rows))
{
    if (std::is_sorted(m_rows.begin(), m_rows.end())) {
        return;
    }
    m_places.assign(static_cast<std::size_t>(numRows), -1);
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        m_places[static_cast<std::size_t>(m_rows[i])] = static_cast<std::int32_t>(i);
    }
}

RowOrder RowOrder::sorted(std::vector<std::int64_t> rows, const std::vector<std::int64_t>& keys, Qt::SortOrder order, std::int64_t numRows)
{
    std::vector<std::int32_t> by(rows.size());
    std::iota(by.begin(), by.end(), 0);
    std::stable_sort(by.begin(), by.end(), [&](std::int32_t left, std::int32_t right) {
        const std::int64_t a = keys[static_cast<std::size_t>(left)];
        const std::int64_t b = keys[static_cast<std::size_t>(right)];
        return order == Qt::AscendingOrder ? a < b : b < a;
    });
    std::vector<std::int64_t> arranged;
    arranged.reserve(rows.size());
    for (const std::int32_t place : by) {
        arranged.push_back(rows[static_cast<std::size_t>(place)]);
    }
    return RowOrder(std::move(arranged), numRows);
}

int RowOrder::placeOf(std::int64_t row) const
{
    if (!m_places.empty()) {
        return row >= 0 && row < static_cast<std::int64_t>(m_places.size()) ? m_places[static_cast<std::size_t>(row)] : -1;
    }
    const auto at = std::lower_bound(m_rows.begin(), m_rows.end(), row);
    return at != m_rows.end() && *at == row ? static_cast<int>(at - m_rows.begin()) : -1;
}

} // namespace luthier::ui
