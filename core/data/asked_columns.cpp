// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/asked_columns.h"

#include <span>
#include <utility>

namespace luthier::data {

void AskedColumns::look(const Dataset& dataset, const base::CancelToken& cancel)
{
    constexpr std::size_t kNamedRows = 1000;
    for (std::int64_t row = 0; row < dataset.rowCount() && !m_missing.empty() && !cancel.isCancelled(); ++row) {
        auto content = dataset.row(row);
        if (!content) {
            continue; // it may have them
        }
        m_missing = missingColumns(m_missing, std::span<const Json>(&*content, 1));
        if (m_rows.size() < kNamedRows) {
            m_rows.push_back(std::move(*content));
        }
    }
}

std::string AskedColumns::problem() const
{
    return m_missing.empty() || m_rows.empty() ? std::string() : missingSentence(m_missing.front(), m_columns, m_rows);
}

std::string askedColumnsProblem(const Dataset& dataset, const base::CancelToken& cancel)
{
    auto columns = parseColumns(dataset.columns());
    if (!columns || columns->empty()) {
        return {};
    }
    AskedColumns asked(std::move(*columns));
    asked.look(dataset, cancel);
    return cancel.isCancelled() ? std::string() : asked.problem(); // not every row was looked at
}

} // namespace luthier::data
