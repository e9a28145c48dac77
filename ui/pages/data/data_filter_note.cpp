// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_filter_note.h"

#include "ui/base/amounts.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/row_filters.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace luthier::ui {

DataFilterNote::DataFilterNote(QWidget* parent)
    : QFrame(parent), m_title(new QLabel), m_help(new QLabel),
      m_remedy(makeButton(QStringLiteral("applyRemedy"), {}, tr("Can be undone (Ctrl+Z)"))),
      m_clusters(makeButton(QStringLiteral("sideBySide"), tr("Side by side\u2026"), tr("Look at the rows of each group beside one another and keep one"))),
      m_all(makeButton(QStringLiteral("showAllRows"), tr("Show all rows"), tr("Ends the filter (Esc in the table)")))
{
    setObjectName(QStringLiteral("filterNote"));
    setFrameShape(QFrame::StyledPanel);
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setObjectName(QStringLiteral("filterTitle"));
    m_help->setObjectName(QStringLiteral("filterHelp"));
    m_help->setWordWrap(true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_remedy);
    buttons->addWidget(m_clusters);
    buttons->addStretch();
    buttons->addWidget(m_all);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(2), space(2), space(2), space(2));
    layout->setSpacing(space(1));
    layout->addWidget(m_title);
    layout->addWidget(m_help);
    layout->addLayout(buttons);
    connect(m_remedy, &QPushButton::clicked, this, &DataFilterNote::applyRemedy);
    connect(m_all, &QPushButton::clicked, this, &DataFilterNote::allWanted);
    connect(m_clusters, &QPushButton::clicked, this, [this] { Q_EMIT clustersWanted(m_filter == QLatin1String("nearCopies")); });
    hide();
}

void DataFilterNote::setDocument(DataDocument* document)
{
    m_document = document;
    setFilter(idOf(RowFilter::All));
}

void DataFilterNote::setFilter(const QString& id)
{
    m_filter = id;
    setVisible(m_document && id != idOf(RowFilter::All));
    refresh();
}

void DataFilterNote::refresh()
{
    if (!m_document || isHidden() || m_filter.isEmpty()) {
        return;
    }
    const auto item = findFilter(*m_document, m_filter);
    if (!item) {
        return;
    }
    const QString count = number(item->count);
    //: name of a filter, number of its rows
    m_title->setText(tr("%1 \u2014 %Ln row(s)", nullptr, static_cast<int>(item->count)).arg(item->label));
    setHelp(item->advice.isEmpty() ? item->help : item->help + u' ' + item->advice);
    m_remedy->setVisible(item->remedy != Remedy::None);
    m_remedy->setEnabled(item->count > 0);
    m_remedy->setText(item->remedy == Remedy::KeepOne   ? tr("Keep one of each")
                      : item->remedy == Remedy::Include ? tr("Take these %1 in again").arg(count)
                                                        : tr("Exclude these %1").arg(count));
    m_clusters->setVisible(item->remedy == Remedy::KeepOne);
    m_clusters->setEnabled(item->count > 0);
}

void DataFilterNote::setHelp(const QString& help)
{
    m_help->setText(help);
    m_help->setVisible(!help.isEmpty());
}

void DataFilterNote::setRows(const QString& title, std::int64_t number)
{
    m_filter.clear();
    const QString count = ui::number(number);
    m_title->setText(tr("%1 \u2014 %Ln row(s)", nullptr, static_cast<int>(number)).arg(title));
    setHelp({});
    m_remedy->setText(tr("Exclude these %1").arg(count));
    m_remedy->setVisible(true);
    m_remedy->setEnabled(number > 0);
    m_clusters->hide();
    show();
}

void DataFilterNote::applyRemedy()
{
    if (!m_document) {
        return;
    }
    const auto item = findFilter(*m_document, m_filter);
    if (!item) {
        Q_EMIT excludeShownWanted();
    } else if (item->remedy == Remedy::KeepOne) {
        const Likeness likeness = m_filter == QLatin1String("nearCopies") ? Likeness::Near : Likeness::Exact;
        m_document->prepareExclusion(data::Duplicates::surplus(m_document->checkup()->groups(likeness)), true);
    } else if (const auto rows = rowsOfFilter(*m_document, m_filter)) {
        m_document->prepareExclusion(*rows, item->remedy == Remedy::Exclude);
    }
}

} // namespace luthier::ui
