// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_chips.h"

#include "ui/base/amounts.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/row_filters.h"
#include "ui/theme/theme.h"
#include "ui/widgets/flow_layout.h"

#include <QCoreApplication>
#include <QToolButton>

namespace luthier::ui {
namespace {

QString textOf(RowFilter filter, std::int64_t count, std::int64_t limit)
{
    const QString shown = number(count);
    switch (filter) {
    case RowFilter::Excluded: return DataChips::tr("%1 excluded").arg(shown);
    case RowFilter::Broken: return DataChips::tr("%1 broken").arg(shown);
    case RowFilter::Truncated:
        return DataChips::tr("%1 cut at %2 tokens").arg(shown, number(limit));
    case RowFilter::NothingToLearn: return DataChips::tr("%1 with nothing to learn").arg(shown);
    case RowFilter::NoEnd: return DataChips::tr("%1 without a trained end").arg(shown);
    case RowFilter::DoubledStart: return DataChips::tr("%1 with a doubled start").arg(shown);
    default: return {};
    }
}

} // namespace

DataChips::DataChips(QWidget* parent) : QWidget(parent)
{
    setLayout(new FlowLayout(space(1)));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

QToolButton* DataChips::chip(const QString& id)
{
    QToolButton*& button = m_chips[id];
    if (button == nullptr) {
        button = new QToolButton;
        button->setObjectName(QStringLiteral("chip.") + id);
        button->setCheckable(true);
        button->setFont(textFont(TextSize::Small));
        layout()->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, id](bool on) { Q_EMIT filterChosen(on ? id : idOf(RowFilter::All)); });
    }
    return button;
}

void DataChips::show(const DataDocument* document)
{
    if (document == nullptr) {
        hide();
        return;
    }
    const DataCounts counts = document->counts();
    bool hasAny = false;
    for (const FilterRow& row : rowFilters()) {
        const QString text = textOf(row.filter, counts.of(row.filter), document->encodingSettings().maxLength);
        if (text.isEmpty()) {
            continue;
        }
        QToolButton* button = chip(QString::fromLatin1(row.id));
        button->setText(text);
        button->setAccessibleName(text);
        button->setToolTip(QCoreApplication::translate("RowFilter", row.help));
        const bool isShown = counts.of(row.filter) > 0 || m_filter == QLatin1String(row.id); // not folded away while it is chosen
        button->setVisible(isShown);
        hasAny |= isShown;
    }
    setVisible(hasAny);
    setFilter(m_filter);
    layout()->invalidate();
}

void DataChips::setFilter(const QString& id)
{
    m_filter = id;
    for (const auto& [chipId, button] : m_chips) {
        button->setChecked(chipId == id);
    }
}

} // namespace luthier::ui
