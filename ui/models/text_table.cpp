// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/text_table.h"

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr qsizetype kShown = 200; // characters of a cell

} // namespace

TextTable::TextTable(QStringList headings, QObject* parent) : QAbstractTableModel(parent), m_headings(std::move(headings))
{
}

void TextTable::setNumbers(std::vector<int> columns)
{
    m_numbers = std::move(columns);
}

void TextTable::setLines(std::vector<QStringList> lines)
{
    beginResetModel();
    m_lines = std::move(lines);
    endResetModel();
}

QVariant TextTable::alignment(int column) const
{
    const bool isNumber = std::find(m_numbers.begin(), m_numbers.end(), column) != m_numbers.end();
    return isNumber ? QVariant::fromValue(Qt::AlignVCenter | Qt::AlignRight) : QVariant(); // else as the view has it
}

int TextTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int TextTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_headings.size());
}

QVariant TextTable::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole) {
        return alignment(index.column());
    }
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    return line(index.row())[index.column()].left(kShown).simplified();
}

QVariant TextTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole) {
        return alignment(section);
    }
    const bool isHeading = orientation == Qt::Horizontal && role == Qt::DisplayRole && section >= 0 && section < columnCount();
    return isHeading ? m_headings[section] : QVariant();
}

} // namespace luthier::ui
