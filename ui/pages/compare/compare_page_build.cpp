// SPDX-License-Identifier: GPL-3.0-or-later
// How the Compare page is put together: columns above, the prompt below, the contest connected to both.
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_extras.h"
#include "ui/pages/compare/compare_heat.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/pages/compare/compare_reward.h"
#include "ui/pages/compare/compare_turns.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/prompt_box.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kPromptLines = 4;

} // namespace

QWidget* ComparePage::buildColumns()
{
    m_columns->setObjectName(QStringLiteral("columns"));
    m_columns->setChildrenCollapsible(false);
    m_columns->addWidget(m_base);
    m_columns->addWidget(m_tunedColumn);
    scrollWith(m_base);
    scrollWith(m_tunedColumn);
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
    layout->addWidget(m_columns, 1);
    layout->addWidget(m_reward->note());
    layout->addWidget(m_expectedBox);
    showExpected({});
    return all;
}

// How the answers are looked at: differences to one of them, and how likely their tokens were.
QWidget* ComparePage::buildLook()
{
    m_against->setObjectName(QStringLiteral("diffAgainst"));
    m_against->setAccessibleName(tr("Differences to"));
    m_against->setToolTip(tr("Words that this column does not have are marked in the others"));
    m_heat->setObjectName(QStringLiteral("tokenHeat"));
    m_heat->setAccessibleName(tr("Token heat"));
    m_heat->setToolTip(tr("Tint tokens by how unlikely they were, or by how much less likely the column chosen beside finds them; the pointer shows what would have been likelier"));
    m_heat->addItem(tr("no heat"));
    m_heat->addItem(tr("unlikely tokens"));
    m_heat->addItem(tr("tokens unlike the column chosen"));
    m_heatNote->setObjectName(QStringLiteral("heatNote"));
    m_heatNote->setWordWrap(true);
    m_heatNote->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* label = new QLabel(tr("Differences t&o"));
    label->setBuddy(m_against);
    auto* heatLabel = new QLabel(tr("&Heat"));
    heatLabel->setBuddy(m_heat);
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(label);
    row->addWidget(m_against);
    row->addWidget(heatLabel);
    row->addWidget(m_heat);
    row->addWidget(m_heatNote, 1);
    row->addWidget(m_extras->addButton());
    connect(m_against, &QComboBox::activated, this, [this] {
        showDifferences();
        showHeat();
    });
    connect(m_heat, &QComboBox::activated, this, &ComparePage::showHeat);
    connect(m_base, &CompareColumn::goOnWanted, this, [this] { goOnFrom(CompareContest::kBase); });
    connect(m_tunedColumn, &CompareColumn::goOnWanted, this, [this] { goOnFrom(CompareContest::kTuned); });
    fillAgainst();
    return box;
}

void ComparePage::fillAgainst()
{
    const int kept = std::max(0, m_against->currentIndex());
    m_against->clear();
    for (int side = 0; side < numColumns(); ++side) {
        const QString name = column(side)->contender().name;
        m_against->addItem(side < 2 ? column(side)->title() : name);
    }
    m_against->setCurrentIndex(std::min(kept, m_against->count() - 1));
}

void ComparePage::showDifferences()
{
    if (m_contest->isRunning()) {
        return;
    }
    const int against = std::max(0, m_against->currentIndex());
    const QString text = column(against)->text()->text();
    const int mirror = against == CompareContest::kTuned ? CompareContest::kBase : CompareContest::kTuned; // what marks the chosen one itself
    for (int side = 0; side < numColumns(); ++side) {
        const QString own = column(side)->text()->text();
        const bool isThere = !own.isEmpty() && !text.isEmpty();
        column(side)->text()->setDifferences(!isThere ? std::vector<TextRange>()
                                             : side == against ? wordDiff(text, column(mirror)->text()->text()).left
                                                               : wordDiff(text, own).right);
    }
}

// Of answers of this sitting: their tokens are known, and who gave them is in memory.
void ComparePage::showHeat()
{
    m_heatJob.cancel();
    for (int side = 0; side < numColumns(); ++side) {
        column(side)->text()->setHeat({});
    }
    const int mode = m_heat->currentIndex();
    if (mode <= 0 || m_contest->isRunning()) {
        return;
    }
    struct Part {
        int side;
        HeatSide who;
        std::vector<text::TokenId> ids;
    };
    const auto sideOf = [this](int place) { return place < 2 ? (m_contest->numSides() > place ? place : -1) : m_sides[static_cast<std::size_t>(place - 2)]; };
    const auto partOf = [&](int place) {
        const int side = sideOf(place);
        Part part{place, {}, {}};
        if (side >= 0 && side < m_contest->numSides() && column(place)->text()->text() == m_contest->answer(side).text) {
            part.who = {m_contest->session(side), m_contest->usesAdapters(side), m_contest->answer(side).promptIds};
            part.ids = m_contest->answer(side).ids;
        }
        return part;
    };
    std::vector<Part> parts;
    for (int place = 0; place < numColumns(); ++place) {
        parts.push_back(partOf(place));
    }
    const int against = std::max(0, m_against->currentIndex());
    m_heatNote->setText(tr("Weighing the tokens\u2026"));
    const auto work = [parts, mode, against] {
        std::vector<HeatOfAnswer> heats;
        for (const Part& part : parts) {
            const bool isReference = mode == 2 && part.side == against;
            heats.push_back(isReference ? HeatOfAnswer{} : heatOf(part.who, part.ids, mode == 2 ? &parts[static_cast<std::size_t>(against)].who : nullptr));
        }
        return heats;
    };
    m_heatJob.start(this, work, [this](const std::vector<HeatOfAnswer>& heats) {
        QString problem;
        for (std::size_t i = 0; i < heats.size() && static_cast<int>(i) < numColumns(); ++i) {
            column(static_cast<int>(i))->text()->setHeat(heats[i].tokens);
            problem = problem.isEmpty() ? heats[i].problem : problem;
        }
        m_heatNote->setText(problem);
    });
}

// By the share of the way, since answers are of unlike length. While they are written each shows its own end.
void ComparePage::scrollWith(CompareColumn* moved)
{
    connect(moved->text()->verticalScrollBar(), &QScrollBar::valueChanged, this, [this, moved](int value) {
        const QScrollBar* bar = moved->text()->verticalScrollBar();
        if (m_isScrolling || m_contest->isRunning() || bar->maximum() <= 0) {
            return;
        }
        m_isScrolling = true;
        for (int side = 0; side < numColumns(); ++side) {
            if (column(side) != moved) {
                QScrollBar* other = column(side)->text()->verticalScrollBar();
                other->setValue(static_cast<int>(static_cast<double>(value) / bar->maximum() * other->maximum()));
            }
        }
        m_isScrolling = false;
    });
}

// The conversation so far and this answer; what is asked next branches off here.
void ComparePage::goOnFrom(int side)
{
    if (m_contest->isRunning() || m_asked.messages.empty() || column(side)->text()->text().isEmpty()) {
        return;
    }
    PromptItem next;
    next.messages = m_asked.messages;
    next.messages.push_back({"assistant", column(side)->text()->text().toStdString(), {}});
    next.messages.push_back({"user", {}, {}});
    showPrompt(next);
    m_promptText->setFocus();
}

// What is asked next is asked after the turns as they were changed; the expected answer belonged to the row as it was.
void ComparePage::changeTurns()
{
    const PromptItem now = promptNow();
    PromptItem open = now.messages.empty() ? m_prompt : now; // the question may not be written yet
    if (m_contest->isRunning() || open.messages.size() < 2) {
        return;
    }
    auto* dialog = new CompareTurns(open.messages, this);
    connect(dialog, &CompareTurns::chosen, this, [this](const std::vector<data::Message>& messages) {
        showPrompt({-1, messages, {}});
        m_promptText->setFocus();
    });
    dialog->open();
}

QWidget* ComparePage::buildPrompt()
{
    m_promptText->setObjectName(QStringLiteral("prompt"));
    m_promptText->setAccessibleName(tr("Prompt"));
    m_promptText->setPlaceholderText(tr("Ask both models the same thing"));
    m_promptText->setToolTip(tr("The prompt for both models. Enter asks."));
    m_context->setObjectName(QStringLiteral("promptContext"));
    m_context->setForegroundRole(QPalette::PlaceholderText);
    m_turns->setObjectName(QStringLiteral("earlierTurns"));
    m_turns->setText(tr("Earlier turns\u2026"));
    m_turns->setAutoRaise(true);
    m_turns->setToolTip(tr("Read and change what was said before, or ask again from an earlier question"));
    m_turns->setAccessibleName(tr("Earlier turns"));
    m_turns->hide();
    connect(m_turns, &QToolButton::clicked, this, &ComparePage::changeTurns);
    m_stage->setObjectName(QStringLiteral("compareStage"));
    m_stage->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(PromptBox::makeHint());
    buttons->addWidget(m_context);
    buttons->addWidget(m_turns);
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
    connect(m_promptText, &QPlainTextEdit::textChanged, this, &ComparePage::keepPlace);
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
    // The place where the side's answer stands; null: its column is closed.
    const auto placeOf = [this](int side) -> CompareColumn* {
        if (side < 2) {
            return column(side);
        }
        const auto found = std::find(m_sides.begin(), m_sides.end(), side);
        return found == m_sides.end() ? nullptr : m_extras->column(static_cast<int>(found - m_sides.begin()));
    };
    connect(m_contest, &CompareContest::stageChanged, m_stage, &QLabel::setText);
    connect(m_contest, &CompareContest::pieceArrived, this,
            [placeOf](int side, const QString& piece) {
                if (auto* column = placeOf(side)) {
                    column->append(piece);
                }
            });
    connect(m_contest, &CompareContest::sideFinished, this,
            [this, placeOf](int side) {
                if (auto* column = placeOf(side)) {
                    column->finish(m_contest->answer(side));
                }
            });
    connect(m_contest, &CompareContest::finished, this, &ComparePage::onFinished);
}

} // namespace luthier::ui
