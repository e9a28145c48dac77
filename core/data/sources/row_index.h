// SPDX-License-Identifier: GPL-3.0-or-later
// RowIndex: where the rows of a file stand, twelve bytes a row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace luthier::data {

// Longer rows are refused when they are read.
inline constexpr std::uint32_t kMaxRowBytes = std::uint32_t{1} << 28;
inline constexpr std::size_t kRawRowBytes = std::size_t{1} << 16; // what rawRow() shows

class RowIndex {
public:
    void add(std::uint64_t begin, std::uint64_t end)
    {
        m_begins.push_back(begin);
        // Anything past the limit is only "too long", so the exact size need not be kept.
        m_sizes.push_back(static_cast<std::uint32_t>(
            std::min<std::uint64_t>(end - begin, std::numeric_limits<std::uint32_t>::max())));
    }

    void append(const RowIndex& other)
    {
        m_begins.insert(m_begins.end(), other.m_begins.begin(), other.m_begins.end());
        m_sizes.insert(m_sizes.end(), other.m_sizes.begin(), other.m_sizes.end());
    }
    void reserve(std::int64_t rows)
    {
        m_begins.reserve(static_cast<std::size_t>(rows));
        m_sizes.reserve(static_cast<std::size_t>(rows));
    }

    void shrink() // what is kept for long
    {
        m_begins.shrink_to_fit();
        m_sizes.shrink_to_fit();
    }

    std::int64_t count() const { return static_cast<std::int64_t>(m_begins.size()); }
    std::uint64_t begin(std::int64_t row) const { return m_begins[static_cast<std::size_t>(row)]; }
    std::uint32_t size(std::int64_t row) const { return m_sizes[static_cast<std::size_t>(row)]; }
    bool has(std::int64_t row) const { return row >= 0 && row < count(); }
    void clear() { *this = {}; }

private:
    std::vector<std::uint64_t> m_begins;
    std::vector<std::uint32_t> m_sizes;
};

} // namespace luthier::data
