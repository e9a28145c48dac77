// SPDX-License-Identifier: GPL-3.0-or-later
// How the shoot-out is laid out, and what can be done with its lines: cancel, open, copy, save.
#include "core/base/files.h"
#include "core/peft/methods/method.h"
#include "ui/charts/parallel_coordinates.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/file_dialog.h"
#include "ui/widgets/row_view.h"
#include "ui/widgets/buttons/tool_button.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {

void TuneShootout::build()
{
    auto* card = new Card(tr("The same model and data by several methods"));
    buildTable();
    m_problem->setObjectName(QStringLiteral("shootoutProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    card->body()->addWidget(buildTop());
    card->body()->addWidget(m_view, 1);
    card->body()->addWidget(m_parallel);
    m_parallel->hide();
    card->body()->addWidget(m_problem);
    card->body()->addWidget(buildActions());
    auto* back = new QPushButton(tr("Back to the settings"));
    back->setObjectName(QStringLiteral("shootoutBack"));
    back->setToolTip(tr("The queue goes on (Esc)"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(back);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(card, 1);
    layout->addLayout(buttons);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    escape->setWhatsThis(tr("Back from the methods"));
    connect(escape, &QShortcut::activated, this, &TuneShootout::left);
    connect(back, &QPushButton::clicked, this, &TuneShootout::left);
    setFocusProxy(m_view);
}

QWidget* TuneShootout::buildTop()
{
    m_which->setObjectName(QStringLiteral("shootoutWhich"));
    m_which->setAccessibleName(tr("Shoot-out"));
    m_which->setToolTip(tr("A new one, or an earlier one of this project"));
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_words->setObjectName(QStringLiteral("shootoutWords"));
    m_bar->setObjectName(QStringLiteral("shootoutProgress"));
    m_bar->setAccessibleName(tr("Progress of all methods"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(space(2));
    m_bar->setFixedWidth(fontMetrics().averageCharWidth() * 30);
    auto* top = new QWidget;
    auto* row = new QHBoxLayout(top);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space(3));
    row->addWidget(m_which);
    row->addWidget(m_words, 1);
    row->addWidget(m_bar);
    return top;
}

void TuneShootout::buildTable()
{
    m_order->setSourceModel(m_model);
    m_order->setSortRole(ShootoutTable::SortRole);
    m_view->setObjectName(QStringLiteral("shootoutTable"));
    m_view->setAccessibleName(tr("Methods and what they reached"));
    presentRows(m_view, m_order);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(ShootoutTable::kMethodColumn, Qt::AscendingOrder);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_view->verticalHeader()->setDefaultSectionSize(space(7));
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setMinimumSectionSize(fontMetrics().averageCharWidth() * 11);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setSectionResizeMode(ShootoutTable::kMethodColumn, QHeaderView::Stretch);
    // Qt leaves a stretched column as wide as it was where the others need all the room.
    const auto giveRoom = [view = m_view] {
        if (QHeaderView* header = view->horizontalHeader(); header->length() > view->viewport()->width()) {
            header->resizeSection(ShootoutTable::kMethodColumn, static_cast<QAbstractItemView*>(view)->sizeHintForColumn(ShootoutTable::kMethodColumn));
        }
    };
    connect(m_order, &QAbstractItemModel::columnsInserted, m_view, giveRoom, Qt::QueuedConnection); // once the new ones have their widths
    connect(m_order, &QAbstractItemModel::modelReset, m_view, giveRoom, Qt::QueuedConnection);      // an earlier one comes with all of its columns
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &TuneShootout::refresh);
    connect(m_view, &QTableView::activated, this, [this] {
        if (m_showRun->isEnabled()) {
            showRun();
        }
    });
}

QAction* TuneShootout::makeAction(const char* id, const QString& text, const QString& help, const QKeySequence& shortcut,
                                 void (TuneShootout::*run)())
{
    auto* action = new QAction(text, this);
    action->setObjectName(QString::fromLatin1(id));
    action->setToolTip(shortcut.isEmpty() ? help : tr("%1 (%2)").arg(help, shortcut.toString(QKeySequence::NativeText)));
    action->setShortcut(shortcut);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, run);
    m_view->addAction(action);
    return action;
}

QWidget* TuneShootout::buildActions()
{
    m_showRun = makeAction("shootoutRun", tr("Curves"), tr("Show the run on the Runs page"), {}, &TuneShootout::showRun);
    m_showAdapter = makeAction("shootoutAdapter", tr("Adapter"), tr("Show what it wrote on the Adapters page"), {}, &TuneShootout::showAdapter);
    m_compare = makeAction("shootoutCompare", tr("Compare"), tr("Ask it and the base the same things"), {}, &TuneShootout::compareRun);
    m_copy = makeAction("shootoutCopy", tr("Copy table"), tr("Copy the table as CSV"), QKeySequence::Copy, &TuneShootout::copyTable);
    m_save = makeAction("shootoutSave", tr("Save table\u2026"), tr("Save the table as CSV or JSON"), QKeySequence::Save, &TuneShootout::saveTable);
    m_cancel = makeAction("shootoutCancel", tr("Cancel method"), tr("Leave this method out; one in training stops at a checkpoint"),
                         QKeySequence::Delete, &TuneShootout::cancelChosen);
    m_cancelAll = new QAction(tr("Cancel all"), this);
    m_cancelAll->setObjectName(QStringLiteral("shootoutCancelAll"));
    m_cancelAll->setToolTip(tr("Stop the one in training at a checkpoint and leave the rest out"));
    connect(m_cancelAll, &QAction::triggered, m_queue, &ShootoutQueue::cancelAll);
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space(2));
    const auto place = [row](QAction* action) {
        auto* button = makeActionButton(action->objectName() + QStringLiteral("Button"), action);
        button->setFocusPolicy(Qt::TabFocus);
        row->addWidget(button);
    };
    for (QAction* action : {m_showRun, m_showAdapter, m_compare}) {
        place(action);
    }
    row->addStretch();
    for (QAction* action : {m_copy, m_save, m_cancel, m_cancelAll}) {
        place(action);
    }
    return bar;
}

int TuneShootout::chosenRow() const
{
    return m_order->mapToSource(m_view->currentIndex()).row();
}

const ShootoutLine* TuneShootout::chosen() const
{
    const int row = chosenRow();
    return row < 0 || row >= m_model->rowCount() ? nullptr : &m_model->lines()[static_cast<std::size_t>(row)];
}

void TuneShootout::cancelChosen()
{
    m_queue->cancel(chosenRow());
}

void TuneShootout::showRun()
{
    if (const ShootoutLine* line = chosen()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("runs"), QString::number(line->run));
    }
}

void TuneShootout::showAdapter()
{
    if (const ShootoutLine* line = chosen()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("adapters"), QString::fromStdString(line->measured.ended.adapter));
    }
}

void TuneShootout::compareRun()
{
    if (const ShootoutLine* line = chosen()) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("compare"), QString::number(line->run));
    }
}

// As the person sees them: sorted.
std::vector<train::ShootoutRow> TuneShootout::rows() const
{
    std::vector<train::ShootoutRow> rows;
    for (int row = 0; row < m_order->rowCount(); ++row) {
        const int at = m_order->mapToSource(m_order->index(row, 0)).row();
        const ShootoutLine& line = m_model->lines()[static_cast<std::size_t>(at)];
        rows.push_back(line.measured);
        rows.back().method = line.method.toStdString();
        rows.back().ended.sentence = line.sentence.toStdString();
    }
    return rows;
}

void TuneShootout::copyTable()
{
    QGuiApplication::clipboard()->setText(QString::fromStdString(train::toCsv(rows())));
    m_workspace.say(tr("The table is on the clipboard."));
}

void TuneShootout::saveTable()
{
    QFileDialog* dialog = saveDialog(this, QStringLiteral("table"), tr("Save the table"), {tr("Table (*.csv)"), tr("Data (*.json)")}, QStringLiteral("csv"));
    dialog->setObjectName(QStringLiteral("shootoutSaveDialog"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QStringLiteral("json")) ? QStringLiteral("json") : QStringLiteral("csv"));
    });
    connect(dialog, &QFileDialog::fileSelected, this, &TuneShootout::write);
    dialog->open();
}

void TuneShootout::write(const QString& path)
{
    std::string content = train::toCsv(rows());
    if (path.endsWith(QStringLiteral(".json"), Qt::CaseInsensitive)) {
        Json list = Json::array();
        for (const train::ShootoutRow& row : rows()) {
            list.push_back(train::toJson(row));
        }
        const store::ShootoutRecord* record = shown();
        content = base::dumpJson({{"created", record == nullptr ? "" : record->created}, {"recipe", record == nullptr ? Json() : record->recipe},
                                  {"rows", std::move(list)}}, 2) + "\n";
    }
    startJob(this, [path = path.toStdString(), content] { return base::writeFileAtomically(path, content); },
             [this, path](const Result<void>& saved) {
                 m_workspace.say(saved ? tr("Saved %1").arg(path) : QString::fromStdString(saved.error().message));
             });
}

} // namespace luthier::ui
