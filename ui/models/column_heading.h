// SPDX-License-Identifier: GPL-3.0-or-later
// ColumnHeading: what a table of columns answers for a heading.
// Threads: any.
#pragma once

#include <QString>
#include <QVariant>

namespace luthier::ui {

// A number's heading stands over its digits. An empty help is none.
inline QVariant columnHeading(int role, const QString& title, const QString& help, bool isNumber)
{
    switch (role) {
    case Qt::DisplayRole:
        return title;
    case Qt::ToolTipRole:
        return help;
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    default:
        return {};
    }
}

} // namespace luthier::ui
