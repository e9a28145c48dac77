// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/table.h"

#include "core/cli/display.h"

#include <algorithm>

namespace luthier::cli {

namespace {

constexpr int kGap = 2;
constexpr int kLeastWrapped = 12;

std::string padded(const std::string& text, int width, bool right)
{
    const std::string space(static_cast<std::size_t>(std::max(0, width - displayWidth(text))), ' ');
    return right ? space + text : text + space;
}

void appendTrimmed(std::string& out, std::string line)
{
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

int naturalWidth(const std::string& cell)
{
    int widest = 0;
    for (const auto& line : wrapTo(cell, 1 << 20)) {
        widest = std::max(widest, displayWidth(line));
    }
    return widest;
}

} // namespace

void Table::add(std::vector<std::string> cells)
{
    cells.resize(m_columns.size());
    for (auto& cell : cells) {
        cell = harmless(cell);
        std::replace(cell.begin(), cell.end(), '\t', ' ');
    }
    m_rows.push_back(std::move(cells));
}

std::vector<int> Table::widths(int width) const
{
    std::vector<int> result;
    int taken = kGap * (static_cast<int>(m_columns.size()) - 1);
    std::vector<std::size_t> wrapping;
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        int widest = displayWidth(m_columns[c].title);
        for (const auto& row : m_rows) {
            widest = std::max(widest, naturalWidth(row[c]));
        }
        result.push_back(widest);
        if (m_columns[c].wraps) {
            wrapping.push_back(c);
        } else {
            taken += widest;
        }
    }
    // Narrow columns keep what they need; the others share the rest evenly.
    std::sort(wrapping.begin(), wrapping.end(), [&](auto a, auto b) { return result[a] < result[b]; });
    int room = width - taken;
    for (std::size_t i = 0; i < wrapping.size(); ++i) {
        const int share = std::max(kLeastWrapped, room / static_cast<int>(wrapping.size() - i));
        int& column = result[wrapping[i]];
        column = std::min(column, share);
        room -= column;
    }
    return result;
}

std::string Table::toText(int width) const
{
    const auto sizes = widths(width);
    std::string out;
    std::string head;
    std::string rule;
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        head += (c ? std::string(kGap, ' ') : "") + padded(m_columns[c].title, sizes[c], m_columns[c].right);
        rule += c ? std::string(kGap, ' ') : "";
        for (int i = 0; i < sizes[c]; ++i) {
            rule += "─";
        }
    }
    appendTrimmed(out, head);
    appendTrimmed(out, rule);
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        std::vector<std::vector<std::string>> cells;
        std::size_t height = 1;
        for (std::size_t c = 0; c < m_columns.size(); ++c) {
            cells.push_back(wrapTo(m_rows[r][c], sizes[c]));
            height = std::max(height, cells.back().size());
        }
        for (std::size_t l = 0; l < height; ++l) {
            std::string line;
            for (std::size_t c = 0; c < m_columns.size(); ++c) {
                const std::string cell = l < cells[c].size() ? cells[c][l] : std::string();
                line += (c ? std::string(kGap, ' ') : "") + padded(cell, sizes[c], m_columns[c].right);
            }
            appendTrimmed(out, line);
        }
        out += m_spaced && r + 1 < m_rows.size() ? "\n" : "";
    }
    out.pop_back();
    return out;
}

} // namespace luthier::cli
