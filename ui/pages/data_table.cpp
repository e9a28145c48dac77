// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data_table.h"

#include "ui/models/data_document.h"
#include "ui/models/row_model.h"
#include "ui/models/row_search.h"
#include "ui/pages/data_row_delegate.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QShortcut>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kFreshRows = 256;

QString number(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

QString csvCell(QString text)
{
    const bool needsQuotes = text.contains(u',') || text.contains(u'"') || text.contains(u'\n');
    return needsQuotes ? u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"' : text;
}

QToolButton* stepButton(const QString& id, const QString& text, const QString& name, const QString& help)
{
    auto* button = new QToolButton;
    button->setObjectName(id);
    button->setText(text);
    button->setAccessibleName(name);
    button->setToolTip(help);
    button->setAutoRaise(true);
    return button;
}

} // namespace

DataTable::DataTable(QWidget* parent)
    : QWidget(parent), m_model(new RowModel(this)), m_search(new RowSearch(this)), m_banner(new QLabel),
      m_note(new QLabel), m_searchText(new QLineEdit), m_searchCount(new QLabel), m_view(new QTableView)
{
    m_banner->setObjectName(QStringLiteral("counts"));
    m_banner->setToolTip(tr("Counts over the whole set"));
    m_banner->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note->setObjectName(QStringLiteral("countsNote"));
    m_note->setForegroundRole(QPalette::PlaceholderText);
    m_note->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_banner);
    layout->addWidget(m_note);
    buildSearch();
    buildView();
    connect(m_search, &RowSearch::hitsChanged, this, &DataTable::onHitsChanged);
    connect(m_search, &RowSearch::finished, this, &DataTable::onHitsChanged);
}

void DataTable::buildSearch()
{
    m_searchText->setObjectName(QStringLiteral("search"));
    m_searchText->setPlaceholderText(tr("Find in rows"));
    m_searchText->setAccessibleName(tr("Find in rows"));
    m_searchText->setToolTip(tr("Find a text in the rows shown (Ctrl+F). F3 goes to the next, Shift+F3 to the one before, Esc ends."));
    m_searchText->setClearButtonEnabled(true);
    m_searchCount->setObjectName(QStringLiteral("searchCount"));
    m_previous = stepButton(QStringLiteral("findPrevious"), QStringLiteral("\u2191"), tr("Previous match"),
                            tr("Previous match (Shift+F3)"));
    m_next = stepButton(QStringLiteral("findNext"), QStringLiteral("\u2193"), tr("Next match"), tr("Next match (F3)"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_searchText, 1);
    row->addWidget(m_searchCount);
    row->addWidget(m_previous);
    row->addWidget(m_next);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
    connect(m_searchText, &QLineEdit::textChanged, this, &DataTable::startSearch);
    connect(m_searchText, &QLineEdit::returnPressed, this, [this] { findNext(1); });
    connect(m_previous, &QToolButton::clicked, this, [this] { findNext(-1); });
    connect(m_next, &QToolButton::clicked, this, [this] { findNext(1); });
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), m_searchText);
    escape->setContext(Qt::WidgetShortcut);
    connect(escape, &QShortcut::activated, this, [this] {
        m_searchText->clear();
        m_view->setFocus();
    });
    onHitsChanged();
}

void DataTable::buildView()
{
    m_view->setObjectName(QStringLiteral("rows"));
    m_view->setAccessibleName(tr("Rows"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new DataRowDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 7 / 4);
    QHeaderView* header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(RowModel::PromptColumn, QHeaderView::Stretch);
    header->setSectionResizeMode(RowModel::AnswerColumn, QHeaderView::Stretch);
    const int digit = fontMetrics().horizontalAdvance(u'0');
    header->resizeSection(RowModel::NumberColumn, digit * 7);
    header->resizeSection(RowModel::TokensColumn, digit * 9);
    header->resizeSection(RowModel::StateColumn, digit * 16);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_view, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this] { Q_EMIT currentRowChanged(currentRow()); onHitsChanged(); });
    connect(m_view, &QTableView::activated, this, [this] { Q_EMIT activated(currentRow()); });
    auto* copy = new QShortcut(QKeySequence::Copy, m_view);
    copy->setContext(Qt::WidgetShortcut);
    connect(copy, &QShortcut::activated, this, &DataTable::copySelection);
}

void DataTable::setDocument(DataDocument* document)
{
    if (DataDocument* old = m_model->document()) {
        old->disconnect(this);
    }
    m_model->setDocument(document);
    if (document != nullptr) {
        connect(document, &DataDocument::countsChanged, this, &DataTable::showBanner);
        connect(document, &DataDocument::countsChanged, this, &DataTable::keepFilterFresh);
        setCurrentRow(0);
    }
    startSearch();
    showBanner();
}

void DataTable::setFilter(RowFilter filter)
{
    const std::int64_t row = currentRow();
    m_model->setFilter(filter);
    const int kept = m_model->viewRowOf(row);
    m_view->setCurrentIndex(m_model->index(std::max(kept, 0), 0));
    startSearch();
}

void DataTable::keepFilterFresh()
{
    // While all rows are being judged, a filter's list grows; rows that left it (an edit mended them) stay
    // in sight until the filter is chosen again, so that nothing jumps away under the hand.
    const DataDocument* document = m_model->document();
    const bool grows = m_model->filter() != RowFilter::All && m_model->filter() != RowFilter::Edited;
    if (document == nullptr || !grows || document->counts().of(m_model->filter()) <= m_model->rowCount()) {
        return;
    }
    if (document->isChecking() && m_model->rowCount() > kFreshRows) {
        return; // enough to look at; the rest comes when all rows are judged
    }
    setFilter(m_model->filter());
}

void DataTable::setCurrentRow(std::int64_t row)
{
    int viewRow = m_model->viewRowOf(row);
    if (viewRow < 0 && m_model->filter() != RowFilter::All && m_model->document() != nullptr) {
        setFilter(RowFilter::All);
        Q_EMIT filterChanged(RowFilter::All);
        viewRow = m_model->viewRowOf(row);
    }
    if (viewRow >= 0) {
        m_view->setCurrentIndex(m_model->index(viewRow, 0));
        m_view->scrollTo(m_model->index(viewRow, 0));
    }
}

std::int64_t DataTable::currentRow() const
{
    return m_model->rowAt(m_view->currentIndex().row());
}

void DataTable::setNote(const QString& note)
{
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void DataTable::focusSearch()
{
    m_searchText->setFocus(Qt::ShortcutFocusReason);
    m_searchText->selectAll();
}

void DataTable::startSearch()
{
    m_jumpToHit = false;
    const DataDocument* document = m_model->document();
    if (document == nullptr || m_searchText->text().isEmpty()) {
        m_search->start(nullptr, {}, {});
        return;
    }
    std::vector<std::int64_t> rows(static_cast<std::size_t>(m_model->rowCount()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = m_model->rowAt(static_cast<int>(i));
    }
    m_jumpToHit = true; // typing shows the first match at once
    m_search->start(document->dataset(), std::move(rows), m_searchText->text());
}

void DataTable::findNext(int direction)
{
    const std::int64_t hit = m_search->nextHit(currentRow(), direction);
    if (hit >= 0) {
        m_jumpToHit = false;
        setCurrentRow(hit);
    } else if (m_search->text().isEmpty()) {
        focusSearch();
    }
}

void DataTable::onHitsChanged()
{
    const auto count = static_cast<std::int64_t>(m_search->hits().size());
    const bool searching = m_search->isRunning();
    if (m_jumpToHit && count > 0) {
        m_jumpToHit = false;
        setCurrentRow(m_search->nextHit(currentRow() - 1, 1));
    }
    const int position = m_search->numberOf(currentRow());
    const QString dots = searching ? QStringLiteral("\u2026") : QString();
    QString text;
    if (!m_search->text().isEmpty()) {
        text = count == 0 ? (searching ? tr("looking\u2026") : tr("no match"))
               : position > 0 ? tr("%1 of %2%3").arg(number(position), number(count), dots)
                              : tr("%n row(s)%1", nullptr, static_cast<int>(count)).arg(dots);
    }
    m_searchCount->setText(text);
    m_searchCount->setVisible(!text.isEmpty());
    m_previous->setEnabled(count > 0);
    m_next->setEnabled(count > 0);
}

void DataTable::showBanner()
{
    const DataDocument* document = m_model->document();
    if (document == nullptr) {
        m_banner->clear();
        return;
    }
    const DataCounts counts = document->counts();
    QStringList parts{tr("%1 rows").arg(number(counts.rows)), tr("%1 good").arg(number(counts.good)),
                      tr("%1 broken").arg(number(counts.broken))};
    if (document->hasEncoder()) {
        parts += tr("%1 cut at %2 tokens").arg(number(counts.truncated), number(document->encodingSettings().maxLength));
        parts += tr("%1 with nothing to learn").arg(number(counts.nothingToLearn));
    }
    QString text = parts.join(QStringLiteral("  \u00b7  "));
    if (document->isChecking() && counts.rows > 0) {
        text += tr("  (checked %1 %)").arg(100 * counts.checked / counts.rows);
    }
    m_banner->setText(text);
    m_banner->setAccessibleName(text);
}

void DataTable::copySelection() const
{
    QString csv;
    for (const QModelIndex& row : m_view->selectionModel()->selectedRows()) {
        QStringList cells;
        for (int column = 0; column < RowModel::NumColumns; ++column) {
            cells += csvCell(row.siblingAtColumn(column).data().toString());
        }
        csv += cells.join(u',') + u'\n';
    }
    QGuiApplication::clipboard()->setText(csv);
}

} // namespace luthier::ui
