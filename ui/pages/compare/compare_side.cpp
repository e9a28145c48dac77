// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_side.h"

#include "ui/pages/compare/compare_sampling.h"
#include "ui/pages/compare/compare_sets.h"
#include "ui/widgets/all_tabs.h"
#include "ui/widgets/lists/no_match.h"

#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QRandomGenerator>
#include <QTabWidget>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

QListView* makeList(const QString& id, const QString& name, QAbstractItemModel* model)
{
    auto* list = new QListView;
    list->setObjectName(id);
    list->setAccessibleName(name);
    list->setModel(model);
    list->setUniformItemSizes(true);
    list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setTextElideMode(Qt::ElideRight);
    return list;
}

} // namespace

CompareSide::CompareSide(QWidget* parent)
    : QWidget(parent), m_heldOut(new PromptListModel(this)), m_history(new ComparisonModel(this)), m_tabs(new QTabWidget),
      m_heldOutList(makeList(QStringLiteral("heldOut"), tr("Prompts from the held-out set"), m_heldOut)),
      m_historyList(makeList(QStringLiteral("history"), tr("What was compared"), m_history)), m_search(new QLineEdit),
      m_heldOutNote(new QLabel), m_random(new QPushButton(tr("Pick one at random"))), m_sampling(new SamplingForm), m_sets(new CompareSets)
{
    m_tabs->setObjectName(QStringLiteral("compareTabs"));
    m_tabs->setDocumentMode(true);
    showAllTabs(m_tabs);
    m_tabs->addTab(buildHeldOut(), tr("Rows"));
    m_tabs->addTab(m_sets, tr("Sets"));
    m_tabs->addTab(m_sampling, tr("Sampling"));
    m_tabs->addTab(buildHistory(), tr("History"));
    m_tabs->setTabToolTip(0, tr("Rows the tuned model never saw while it learned"));
    m_tabs->setTabToolTip(1, tr("Prompts that this project keeps under names"));
    m_tabs->setTabToolTip(2, tr("How the next token is drawn; the same for both"));
    m_tabs->setTabToolTip(3, tr("What was compared in this project"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tabs);
    connect(m_sets, &CompareSets::promptChosen, this, &CompareSide::promptChosen);
    connect(m_sets, &CompareSets::promptActivated, this, &CompareSide::promptActivated);
    connect(m_sampling, &SamplingForm::changed, this, &CompareSide::samplingChanged);
    setHeldOut({}, {});
}

QWidget* CompareSide::buildHeldOut()
{
    m_heldOutList->setToolTip(tr("Choose a prompt; Return or a double click asks it at once"));
    m_heldOutNote->setObjectName(QStringLiteral("heldOutNote"));
    m_heldOutNote->setWordWrap(true);
    m_heldOutNote->setForegroundRole(QPalette::PlaceholderText);
    m_random->setObjectName(QStringLiteral("randomPrompt"));
    m_random->setToolTip(tr("Take any prompt of the held-out set (Ctrl+R)"));
    m_random->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    auto* panel = new QWidget;
    auto* layout = new QVBoxLayout(panel);
    layout->addWidget(m_heldOutNote);
    layout->addWidget(m_heldOutList, 1);
    layout->addWidget(m_random);
    connect(m_random, &QPushButton::clicked, this, &CompareSide::pickRandom);
    connect(m_heldOutList->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid()) {
            Q_EMIT promptChosen(m_heldOut->item(index.row()));
        }
    });
    connect(m_heldOutList, &QListView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT promptActivated(m_heldOut->item(index.row())); });
    return panel;
}

QWidget* CompareSide::buildHistory()
{
    m_historyList->setToolTip(tr("Return or a double click shows the comparison again"));
    auto* panel = new QWidget;
    auto* layout = new QVBoxLayout(panel);
    m_search->setObjectName(QStringLiteral("historySearch"));
    m_search->setAccessibleName(tr("Search what was compared"));
    m_search->setPlaceholderText(tr("Search questions and answers"));
    m_search->setToolTip(tr("Show only comparisons in which these words stand"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, &CompareSide::searched);
    m_noMatch = new NoMatch(m_historyList, m_search, tr("Nothing that was compared matches \u201c%1\u201d."));
    layout->addWidget(m_search);
    layout->addWidget(m_historyList, 1);
    const auto choose = [this](const QModelIndex& index) {
        if (index.isValid()) {
            Q_EMIT comparisonChosen(m_history->item(index.row()));
        }
    };
    connect(m_historyList, &QListView::activated, this, choose);
    connect(m_historyList, &QListView::clicked, this, choose);
    return panel;
}

void CompareSide::setHeldOut(std::vector<PromptItem> items, const QString& note)
{
    m_random->setEnabled(!items.empty());
    m_heldOut->setItems(std::move(items));
    m_heldOutNote->setText(note);
    m_heldOutNote->setVisible(!note.isEmpty());
}

void CompareSide::addComparison(Comparison comparison)
{
    m_history->prepend(std::move(comparison));
    m_noMatch->setEmpty(false);
}

void CompareSide::setComparisons(std::vector<Comparison> newestFirst)
{
    m_history->setItems(std::move(newestFirst));
    m_noMatch->setEmpty(m_history->rowCount() == 0);
}

Json CompareSide::samplingJson() const
{
    return m_sampling->toJson();
}

void CompareSide::setSamplingJson(const Json& kept)
{
    m_sampling->setJson(kept);
}

inference::Sampling CompareSide::sampling() const
{
    return m_sampling->sampling();
}

bool CompareSide::chooseFirst()
{
    if (m_heldOut->rowCount() == 0) {
        return false;
    }
    m_heldOutList->setCurrentIndex(m_heldOut->index(0));
    Q_EMIT promptChosen(m_heldOut->item(0)); // also when it was the current one already
    return true;
}

void CompareSide::pickRandom()
{
    const int count = m_heldOut->rowCount();
    if (count > 0) {
        const int row = static_cast<int>(QRandomGenerator::global()->bounded(count));
        m_tabs->setCurrentIndex(0);
        m_heldOutList->setCurrentIndex(m_heldOut->index(row));
        Q_EMIT promptChosen(m_heldOut->item(row)); // also when it was the current one already
    }
}

} // namespace luthier::ui
