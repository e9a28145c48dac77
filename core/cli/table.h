// SPDX-License-Identifier: GPL-3.0-or-later
// Table: rows in columns that fit a terminal. Columns that may wrap share what the others leave.
#pragma once

#include <string>
#include <vector>

namespace luthier::cli {

struct Column {
    std::string title;
    bool wraps = false;
    bool right = false; // numbers
};

class Table {
public:
    explicit Table(std::vector<Column> columns, bool spaced = false)
        : m_columns(std::move(columns)), m_spaced(spaced)
    {
    }

    void add(std::vector<std::string> cells); // missing cells are empty; made harmless for a terminal
    bool isEmpty() const { return m_rows.empty(); }
    std::string toText(int width) const; // without a last line end

private:
    std::vector<int> widths(int width) const;

    std::vector<Column> m_columns;
    bool m_spaced; // an empty line between rows
    std::vector<std::vector<std::string>> m_rows;
};

} // namespace luthier::cli
