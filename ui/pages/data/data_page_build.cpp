// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page put together: its parts, and the actions that keys and the palette reach.
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_overview.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_reader.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/widgets/empty_state.h"

#include <QAction>
#include <QLabel>
#include <QProgressBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace luthier::ui {

void DataPage::buildOpening()
{
    m_openingText->setAlignment(Qt::AlignCenter);
    m_openingText->setWordWrap(true);
    m_openingBar->setObjectName(QStringLiteral("openingProgress"));
    m_openingBar->setAccessibleName(tr("Progress of opening the file"));
    m_problem->setObjectName(QStringLiteral("openProblem"));
    m_problem->setWordWrap(true);
    m_problem->setAlignment(Qt::AlignCenter);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* layout = new QVBoxLayout(m_openingView);
    layout->addStretch();
    layout->addWidget(m_openingText);
    layout->addWidget(m_openingBar);
    layout->addWidget(m_problem);
    layout->addStretch();
}

void DataPage::buildWork()
{
    m_empty->setText({tr("Your examples go here"),
                      tr("Luthier learns from files of examples: JSON Lines, JSON, CSV or TSV, with questions and answers, "
                         "conversations or plain text. Drop a file here, or add one. The file is only read, never written."),
                      tr("Add data\u2026"), tr("Open the bundled example")});
    auto* middle = new QWidget;
    auto* stacked = new QVBoxLayout(middle);
    stacked->setContentsMargins(0, 0, 0, 0);
    stacked->addWidget(m_overview);
    stacked->addWidget(m_table, 1);
    m_middle->addWidget(middle);
    m_middle->addWidget(m_openingView);
    m_work->setObjectName(QStringLiteral("dataSplitter"));
    m_work->setChildrenCollapsible(false);
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_sources);
    column->addWidget(m_filters, 1);
    m_work->addWidget(left);
    m_work->addWidget(m_middle);
    m_work->addWidget(m_reader);
    const int character = fontMetrics().averageCharWidth();
    m_work->setSizes({character * 27, character * 84, character * 52});
    m_work->setStretchFactor(1, 1);
    m_work->setStretchFactor(2, 1);
}

void DataPage::buildActions()
{
    struct Row {
        const char* id;
        QString text;
        QList<QKeySequence> keys;
        void (*run)(DataPage&);
    };
    const Row rows[] = {
        {"findInRows", tr("Find in rows"), {QKeySequence::Find}, [](DataPage& page) { page.m_table->search()->take(); }},
        {"findNextRow", tr("Next match"), {QKeySequence(Qt::Key_F3)}, [](DataPage& page) { page.m_table->search()->findNext(1); }},
        {"findPreviousRow", tr("Previous match"), {QKeySequence(Qt::SHIFT | Qt::Key_F3)}, [](DataPage& page) { page.m_table->search()->findNext(-1); }},
        {"checkAllRows", tr("Check all rows"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K)},
         [](DataPage& page) { page.m_filters->startCheck(); }},
        {"excludeRows", tr("Exclude or take in the selected rows"), {}, [](DataPage& page) { page.m_table->toggleExcluded(); }},
        {"replaceInRows", tr("Find and replace\u2026"), {QKeySequence(Qt::CTRL | Qt::Key_H)}, [](DataPage& page) { page.showReplace(); }},
        {"dataVersions", tr("Versions of the data\u2026"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V)},
         [](DataPage& page) { page.showVersions(); }},
        {"mapRows", tr("Map of the rows\u2026"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M)}, [](DataPage& page) { page.showMap(); }},
        {"tagRows", tr("Tag the selected rows"), {}, [](DataPage& page) { page.m_table->editTags(); }},
    };
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setShortcuts(row.keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, [this, run = row.run] { run(*this); });
        addAction(action);
    }
}

} // namespace luthier::ui
