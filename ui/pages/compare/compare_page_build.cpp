// SPDX-License-Identifier: GPL-3.0-or-later
// How the Compare page is put together: columns above, the prompt below, the contest connected to both.
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/prompt_box.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kPromptLines = 4;

} // namespace

QWidget* ComparePage::buildColumns()
{
    auto* columns = new QSplitter;
    columns->setObjectName(QStringLiteral("columns"));
    columns->setChildrenCollapsible(false);
    columns->addWidget(m_base);
    columns->addWidget(m_tunedColumn);
    auto* expectedTitle = new QLabel(tr("Expected answer of the row"));
    expectedTitle->setForegroundRole(QPalette::PlaceholderText);
    m_expected->setObjectName(QStringLiteral("expected"));
    m_expected->setAccessibleName(expectedTitle->text());
    m_expected->setToolTip(tr("What the data says. Neither model saw it."));
    m_expected->setFixedHeight(fontMetrics().lineSpacing() * kPromptLines);
    auto* expectedLayout = new QVBoxLayout(m_expectedBox);
    expectedLayout->setContentsMargins(0, 0, 0, 0);
    expectedLayout->addWidget(expectedTitle);
    expectedLayout->addWidget(m_expected);
    auto* all = new QWidget;
    auto* layout = new QVBoxLayout(all);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(columns, 1);
    layout->addWidget(m_expectedBox);
    showExpected({});
    return all;
}

QWidget* ComparePage::buildPrompt()
{
    m_promptText->setObjectName(QStringLiteral("prompt"));
    m_promptText->setAccessibleName(tr("Prompt"));
    m_promptText->setPlaceholderText(tr("Ask both models the same thing"));
    m_promptText->setToolTip(tr("The prompt for both models. Enter asks."));
    m_context->setObjectName(QStringLiteral("promptContext"));
    m_context->setForegroundRole(QPalette::PlaceholderText);
    m_stage->setObjectName(QStringLiteral("compareStage"));
    m_stage->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(PromptBox::makeHint());
    buttons->addWidget(m_context);
    buttons->addWidget(m_stage, 1);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_compare);
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_promptText);
    layout->addLayout(buttons);
    for (const int key : {Qt::Key_Return, Qt::Key_Enter}) {
        auto* ask = new QShortcut(QKeySequence(Qt::CTRL | key), this);
        ask->setContext(Qt::WidgetWithChildrenShortcut);
        ask->setWhatsThis(tr("Let both answer"));
        connect(ask, &QShortcut::activated, this, &ComparePage::compare);
    }
    auto* stop = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    stop->setContext(Qt::WidgetWithChildrenShortcut);
    stop->setWhatsThis(tr("Stop the answers"));
    connect(stop, &QShortcut::activated, this, &ComparePage::stop);
    connect(m_compare, &QPushButton::clicked, this, &ComparePage::compare);
    connect(m_stop, &QPushButton::clicked, this, &ComparePage::stop);
    connect(m_promptText, &PromptBox::sent, this, &ComparePage::compare);
    connect(m_promptText, &QPlainTextEdit::textChanged, this, &ComparePage::updateActions);
    return box;
}

void ComparePage::answerAgain()
{
    if (m_contest->isRunning()) {
        m_contest->stop();
        m_answerAgain = true;
    } else if (!m_asked.messages.empty()) {
        compare();
    }
}

void ComparePage::connectContest()
{
    const auto column = [this](int side) { return side == CompareContest::kBase ? m_base : m_tunedColumn; };
    connect(m_contest, &CompareContest::stageChanged, m_stage, &QLabel::setText);
    connect(m_contest, &CompareContest::pieceArrived, this,
            [column](int side, const QString& piece) { column(side)->append(piece); });
    connect(m_contest, &CompareContest::sideFinished, this,
            [this, column](int side) { column(side)->finish(m_contest->answer(side)); });
    connect(m_contest, &CompareContest::failed, this, &ComparePage::showProblem);
    connect(m_contest, &CompareContest::finished, this, &ComparePage::onFinished);
}

} // namespace luthier::ui
