// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/text_table.h"

#include <utility>

namespace luthier::ui {
namespace {

constexpr qsizetype kShown = 200; // characters of a cell

} // namespace

TextTable::TextTable(QStringList headings, QObject* parent) : QAbstractTableModel(parent), m_headings(std::move(headings))
{
}

void TextTable::setLines(std::vector<QStringList> lines)
{
    beginResetModel();
    m_lines = std::move(lines);
    endResetModel();
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
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    return line(index.row())[index.column()].left(kShown).simplified();
}

QVariant TextTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    const bool isHeading = orientation == Qt::Horizontal && role == Qt::DisplayRole && section >= 0 && section < columnCount();
    return isHeading ? m_headings[section] : QVariant();
}

} // namespace luthier::ui
