// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_table.h"

#include "ui/base/amounts.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/row_filters.h"
#include "ui/models/data/row_model.h"
#include "ui/pages/data/data_chips.h"
#include "ui/pages/data/data_filter_note.h"
#include "ui/pages/data/data_row_delegate.h"
#include "ui/pages/data/data_search.h"
#include "ui/theme/theme.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/row_view.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QAction>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QShortcut>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kFreshRows = 256;
constexpr int kStateMargin = 2; // digits beside the state
constexpr int kTextDigits = 11; // of prompt and answer at the least

} // namespace

DataTable::DataTable(QWidget* parent)
    : QWidget(parent), m_model(new RowModel(this)), m_search(new DataSearch), m_head(new QWidget), m_banner(new QLabel), m_chips(new DataChips),
      m_note(new DataFilterNote), m_view(new QTableView), m_filter(idOf(RowFilter::All))
{
    m_banner->setObjectName(QStringLiteral("counts"));
    m_banner->setToolTip(tr("Counts over the whole set"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_head->setLayout(new FlowLayout(space(1)));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    m_head->setSizePolicy(policy);
    m_head->layout()->addWidget(m_banner);
    layout->addWidget(m_head);
    layout->addWidget(m_chips);
    layout->addWidget(m_search);
    layout->addWidget(m_note);
    buildView();
    connect(m_chips, &DataChips::filterChosen, this, &DataTable::chooseFilter);
    connect(m_note, &DataFilterNote::allWanted, this, &DataTable::showAll);
    connect(m_note, &DataFilterNote::excludeShownWanted, this, &DataTable::excludeShown);
    connect(m_note, &DataFilterNote::clustersWanted, this, &DataTable::clustersWanted);
    connect(m_search, &DataSearch::rowWanted, this, &DataTable::setCurrentRow);
    connect(m_search, &DataSearch::rowsWanted, this, &DataTable::showRows);
    const auto takeOrder = [this] {
        m_search->setOrder(m_model->isInFileOrder() ? std::function<int(std::int64_t)>() : [this](std::int64_t row) { return m_model->viewRowOf(row); });
    };
    connect(m_model, &QAbstractItemModel::layoutChanged, this, takeOrder);
    connect(m_model, &QAbstractItemModel::modelReset, this, takeOrder);
    connect(m_search, &DataSearch::left, m_view, qOverload<>(&QWidget::setFocus));
}

void DataTable::buildView()
{
    m_view->setObjectName(QStringLiteral("rows"));
    m_view->setAccessibleName(tr("Rows"));
    presentRows(m_view, m_model);
    m_view->setItemDelegate(new DataRowDelegate(m_view));
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 7 / 4);
    QHeaderView* header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(RowModel::PromptColumn, QHeaderView::Fixed); // share what the others leave: fitTexts
    header->setSectionResizeMode(RowModel::AnswerColumn, QHeaderView::Fixed);
    m_view->viewport()->installEventFilter(this);
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        if (column != RowModel::PromptColumn && column != RowModel::AnswerColumn) {
            fitTexts();
        }
    });
    header->setSortIndicator(-1, Qt::AscendingOrder);
    header->setSortIndicatorClearable(true);
    m_view->setSortingEnabled(true);
    const int digit = fontMetrics().horizontalAdvance(u'0');
    header->resizeSection(RowModel::NumberColumn, digit * 5);
    header->resizeSection(RowModel::TokensColumn, digit * 8);
    header->resizeSection(RowModel::TurnsColumn, digit * 7);
    header->resizeSection(RowModel::LossBeforeColumn, digit * 11);
    header->resizeSection(RowModel::LossAfterColumn, digit * 11);
    header->resizeSection(RowModel::TagsColumn, digit * 11);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_view, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        m_search->setCurrentRow(currentRow());
        Q_EMIT currentRowChanged(currentRow());
    });
    connect(m_view, &QTableView::activated, this, [this] { Q_EMIT activated(currentRow()); });
    connect(m_view, &QTableView::customContextMenuRequested, this, &DataTable::showMenu);
    addShortcut(QKeySequence::Copy, tr("Copy the rows as CSV"), &DataTable::copySelection);
    addShortcut(QKeySequence::Delete, tr("Leave the rows out of training, or take them in again"), &DataTable::toggleExcluded);
    addShortcut(QKeySequence(Qt::Key_T), tr("Tag the rows"), &DataTable::editTags);
    addShortcut(QKeySequence(Qt::Key_Escape), tr("Show all rows again"), &DataTable::showAll);
    m_view->setProperty("keyHelp", QStringList{tr("Return") + u'\t' + tr("Edit the row")});
}

// Prompt and answer take what the other columns leave, and never so little that nothing can be read: then the table
// scrolls to the side.
void DataTable::fitTexts()
{
    const QHeaderView* header = m_view->horizontalHeader();
    int others = 0;
    for (int column = 0; column < RowModel::NumColumns; ++column) {
        const bool isText = column == RowModel::PromptColumn || column == RowModel::AnswerColumn;
        others += isText || m_view->isColumnHidden(column) ? 0 : header->sectionSize(column);
    }
    const int least = fontMetrics().horizontalAdvance(u'0') * kTextDigits;
    const int both = std::max(m_view->viewport()->width() - others, 2 * least);
    m_view->setColumnWidth(RowModel::PromptColumn, both / 2);
    m_view->setColumnWidth(RowModel::AnswerColumn, both - both / 2);
}

// As wide as the longest that a row has, and no wider: the rest is for the text.
void DataTable::fitStates()
{
    const QFontMetrics metrics(m_view->font());
    int widest = m_view->horizontalHeader()->sectionSizeHint(RowModel::StateColumn);
    for (const QString& text : m_model->stateTexts()) {
        widest = std::max(widest, metrics.horizontalAdvance(text) + kStateMargin * metrics.horizontalAdvance(u'0'));
    }
    m_view->setColumnWidth(RowModel::StateColumn, widest);
}

bool DataTable::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::Resize) {
        fitTexts();
    }
    return QWidget::eventFilter(watched, event);
}

// Beside the counts: what is made of the rows.
void DataTable::setMaking(const QList<QAction*>& actions)
{
    for (QAction* action : actions) {
        auto* button = makeActionButton(action->objectName() + QStringLiteral("Button"), action);
        button->setFont(textFont(TextSize::Small));
        m_head->layout()->addWidget(button);
    }
}

void DataTable::addShortcut(const QKeySequence& keys, const QString& help, void (DataTable::*slot)())
{
    auto* shortcut = new QShortcut(keys, m_view);
    shortcut->setWhatsThis(help);
    shortcut->setContext(Qt::WidgetShortcut);
    connect(shortcut, &QShortcut::activated, this, slot);
}

void DataTable::setDocument(DataDocument* document)
{
    if (DataDocument* old = m_model->document()) {
        old->disconnect(this);
        old->checkup()->disconnect(this);
        old->losses()->disconnect(this);
    }
    m_model->setDocument(document);
    m_note->setDocument(document);
    m_filter = idOf(RowFilter::All);
    m_chips->setFilter(m_filter);
    if (document != nullptr) {
        connect(document, &DataDocument::countsChanged, this, &DataTable::showCounts);
        connect(document, &DataDocument::countsChanged, this, &DataTable::keepFilterFresh);
        connect(document, &DataDocument::tagsChanged, this, &DataTable::showColumns);
        connect(document, &DataDocument::checkFinished, this, &DataTable::showColumns);
        connect(document->losses(), &DataLosses::changed, this, &DataTable::showColumns);
        connect(document->checkup(), &DataCheckup::changed, m_note, &DataFilterNote::refresh);
        setCurrentRow(0);
    }
    restrictSearch();
    showCounts();
    showColumns();
}

void DataTable::setFilter(const QString& id)
{
    DataDocument* document = m_model->document();
    if (document == nullptr) {
        return;
    }
    const std::int64_t row = currentRow();
    m_filter = id;
    m_chips->setFilter(id);
    m_model->setRows(rowsOfFilter(*document, id));
    m_note->setFilter(id);
    const int kept = m_model->viewRowOf(row);
    makeCurrent(std::max(kept, 0));
    restrictSearch();
}

void DataTable::showRows(const QString& title, std::vector<std::int64_t> rows)
{
    m_filter.clear();
    m_chips->setFilter({});
    m_note->setRows(title, static_cast<std::int64_t>(rows.size()));
    m_model->setRows(std::move(rows));
    makeCurrent(0);
    Q_EMIT filterChanged({});
}

void DataTable::setHelp(const QString& help)
{
    m_note->setHelp(help);
}

void DataTable::chooseFilter(const QString& id)
{
    setFilter(id);
    Q_EMIT filterChanged(id);
}

void DataTable::showAll()
{
    chooseFilter(idOf(RowFilter::All));
}

void DataTable::restrictSearch()
{
    DataDocument* document = m_model->document();
    m_search->setRows(document, document == nullptr ? std::nullopt : rowsOfFilter(*document, m_filter));
}

void DataTable::keepFilterFresh()
{
    // While all rows are being judged, a filter's list grows; rows that left it (an edit mended them, or they were
    // left out) stay in sight until the filter is chosen again, so that nothing jumps away under the hand.
    const DataDocument* document = m_model->document();
    const auto item = document != nullptr ? findFilter(*document, m_filter) : std::nullopt;
    if (!item || !item->isGrowing || item->count <= m_model->rowCount()) {
        return;
    }
    if (m_model->rowCount() <= kFreshRows || document->counts().checked == document->counts().rows) {
        setFilter(m_filter);
    }
}

void DataTable::setCurrentRow(std::int64_t row)
{
    int viewRow = m_model->viewRowOf(row);
    if (viewRow < 0 && !m_model->showsAll() && m_model->document() != nullptr) {
        showAll();
        viewRow = m_model->viewRowOf(row);
    }
    if (viewRow >= 0) {
        makeCurrent(viewRow);
        m_view->scrollTo(m_model->index(viewRow, 0));
    }
}

// Alone, whatever keys are held: the view by itself would add the row to the selection under Ctrl+Z.
void DataTable::makeCurrent(int viewRow)
{
    m_view->selectionModel()->setCurrentIndex(m_model->index(viewRow, 0),
                                              QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

std::int64_t DataTable::currentRow() const
{
    return m_model->rowAt(m_view->currentIndex().row());
}

std::vector<std::int64_t> DataTable::selectedRows() const
{
    std::vector<std::int64_t> rows;
    for (const QItemSelectionRange& range : m_view->selectionModel()->selection()) {
        for (int viewRow = range.top(); viewRow <= range.bottom(); ++viewRow) {
            rows.push_back(m_model->rowAt(viewRow));
        }
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

void DataTable::showColumns()
{
    const DataDocument* document = m_model->document();
    const int digits = static_cast<int>(number(document == nullptr ? 0 : document->rowCount()).size());
    m_view->horizontalHeader()->resizeSection(RowModel::NumberColumn, fontMetrics().horizontalAdvance(u'0') * (std::max(digits, 2) + 1));
    m_view->setColumnHidden(RowModel::TagsColumn, document == nullptr || document->tags().empty());
    for (const int column : {RowModel::LossBeforeColumn, RowModel::LossAfterColumn}) {
        m_view->setColumnHidden(column, document == nullptr || !document->losses()->hasResult());
    }
    m_view->setColumnHidden(RowModel::TurnsColumn, document == nullptr || !document->hasLongTalks());
    fitTexts();
}

void DataTable::showCounts()
{
    const DataDocument* document = m_model->document();
    fitStates();
    m_chips->show(document);
    m_note->refresh();
    if (document == nullptr) {
        m_banner->clear();
        return;
    }
    const DataCounts counts = document->counts();
    //: rows of the file, rows that training can use
    QString text = tr("%Ln row(s), %1 to learn from", nullptr, static_cast<int>(counts.rows)).arg(number(counts.good - counts.nothingToLearn));
    if (document->isChecking() && counts.rows > 0) {
        text += tr("  (read %1 %)").arg(100 * counts.checked / counts.rows);
    }
    m_banner->setText(text);
    m_banner->setAccessibleName(text);
}

} // namespace luthier::ui
