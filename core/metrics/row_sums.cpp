// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/row_sums.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace luthier::metrics {

void RowSums::add(std::span<const double> numbers)
{
    assert(numbers.size() == m_width);
    m_numbers.insert(m_numbers.end(), numbers.begin(), numbers.end());
}

double RowSums::value(std::span<const std::uint32_t> counts) const
{
    std::vector<double> sums(m_width, 0);
    bool isEmpty = true;
    for (std::size_t row = 0; row < counts.size(); ++row) {
        const double times = counts[row];
        if (counts[row] == 0) {
            continue;
        }
        isEmpty = false;
        const double* numbers = m_numbers.data() + row * m_width;
        for (std::size_t i = 0; i < m_width; ++i) {
            sums[i] += times * numbers[i];
        }
    }
    return isEmpty ? std::numeric_limits<double>::quiet_NaN() : m_meaning(sums);
}

double RowSums::ofRow(std::size_t row) const
{
    return m_ofOne(std::span<const double>(m_numbers).subspan(row * m_width, m_width));
}

std::unique_ptr<Measurement> meanOfRows(Rows rows, const std::function<double(const ScoredRow& row)>& ofRow)
{
    auto sums = std::make_unique<RowSums>(2, [](std::span<const double> s) { return s[0] / s[1]; });
    for (const ScoredRow& row : rows) {
        sums->add({ofRow(row), 1});
    }
    return sums;
}

double bestOf(const ScoredRow& row, const std::function<double(const std::string& reference)>& score)
{
    double best = 0;
    for (const std::string& reference : row.references) {
        best = std::max(best, score(reference));
    }
    return best;
}

} // namespace luthier::metrics
