// SPDX-License-Identifier: GPL-3.0-or-later
// RowSums: a measurement whose value is a function of sums over the rows: each row gives the same few numbers.
//
// Threads: constant once filled.
#pragma once

#include "core/metrics/metric_rows.h"

#include <functional>
#include <initializer_list>

namespace luthier::metrics {

class RowSums : public Measurement {
public:
    // Numbers that are summed over rows, and their meaning; of one row alone `ofOne`, usually the same.
    using Meaning = std::function<double(std::span<const double> sums)>;
    RowSums(std::size_t width, Meaning meaning, Meaning ofOne = {})
        : m_width(width), m_meaning(std::move(meaning)), m_ofOne(ofOne ? std::move(ofOne) : m_meaning)
    {
    }

    void add(std::span<const double> numbers); // `width` of them
    void add(std::initializer_list<double> numbers) { add(std::span<const double>(numbers.begin(), numbers.size())); }

    std::size_t rows() const override { return m_numbers.size() / m_width; }
    double value(std::span<const std::uint32_t> counts) const override;
    double ofRow(std::size_t row) const override;

private:
    std::size_t m_width;
    Meaning m_meaning;
    Meaning m_ofOne;
    std::vector<double> m_numbers; // one row after the other
};

// The mean over rows of what `ofRow` says of each.
std::unique_ptr<Measurement> meanOfRows(Rows rows, const std::function<double(const ScoredRow& row)>& ofRow);
// The largest over the references.
double bestOf(const ScoredRow& row, const std::function<double(const std::string& reference)>& score);

} // namespace luthier::metrics
