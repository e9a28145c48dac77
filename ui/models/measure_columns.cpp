// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/measure_columns.h"

#include "ui/charts/measure_text.h"
#include "ui/models/column_heading.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>

#include <algorithm>

namespace luthier::ui {

QVariant MeasureColumns::heading(int section, int role) const
{
    const auto& [measure, set] = at(section);
    return columnHeading(role, asTitle(measureName(*measure, set)), measureHelp(*measure), true);
}

QVariant MeasureColumns::lastValue(int section, const measures::Summaries& run, int role, int sortRole) const
{
    const auto& [measure, set] = at(section);
    const measures::Summary* summary = run.find(*measure, set);
    if (role == sortRole) {
        return summary == nullptr ? QVariant() : QVariant(summary->last);
    }
    switch (role) {
    case Qt::DisplayRole:
        return summary == nullptr ? QStringLiteral("\u2013") : measureText(*measure, summary->last);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | Qt::AlignRight);
    case Qt::ForegroundRole:
        return summary == nullptr ? QVariant(color(Token::TextQuiet)) : QVariant();
    case Qt::ToolTipRole:
        return summary != nullptr && summary->before()
                   ? QCoreApplication::translate("Measure", "%1 before the first step").arg(measureText(*measure, *summary->before()))
                   : QVariant();
    default:
        return {};
    }
}

std::vector<measures::Column> MeasureColumns::newIn(const std::vector<const measures::Summaries*>& runs) const
{
    std::vector<measures::Column> added = measures::columnsOf(runs);
    std::erase_if(added, [this](const measures::Column& column) {
        return std::find(m_columns.begin(), m_columns.end(), column) != m_columns.end();
    });
    return added;
}

} // namespace luthier::ui
