// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/rollouts/rollout_reader.h"

#include "core/rewards/rule.h"
#include "ui/base/amounts.h"
#include "ui/pages/rollouts/rollout_trial.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QTableWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDigits = 3;

QString textOf(double value)
{
    return QLocale().toString(value, 'f', kDigits);
}

QString labelOf(const rollouts::TokenNumber& number)
{
    return QCoreApplication::translate("Rollouts", number.label);
}

QTableWidget* makeTable(const QString& id, const QString& name, const QString& help)
{
    auto* table = new QTableWidget;
    table->setObjectName(id);
    table->setAccessibleName(name);
    table->setToolTip(help);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->setFrameShape(QFrame::NoFrame);
    return table;
}

void put(QTableWidget* table, int row, int column, const QString& text, bool isNumber = false)
{
    auto* item = new QTableWidgetItem(text);
    item->setToolTip(text);
    if (isNumber) {
        item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    }
    table->setItem(row, column, item);
}

} // namespace

RolloutReader::RolloutReader(QWidget* parent)
    : QWidget(parent), m_facts(new QLabel), m_prompt(diffText(QStringLiteral("rolloutPrompt"), tr("Prompt"))), m_number(new QComboBox),
      m_answer(diffText(QStringLiteral("rolloutAnswer"), tr("Answer, its tokens coloured"), tr("Choose an answer on the left."))), m_tabs(new QTabWidget),
      m_verdicts(makeTable(QStringLiteral("rolloutRules"), tr("Rules"), tr("What each rule gave this answer, and why"))), m_ruleHelp(new QLabel),
      m_tokens(makeTable(QStringLiteral("rolloutTokens"), tr("Tokens"), tr("Every number of every token"))),
      m_again(makeTable(QStringLiteral("rolloutAgain"), tr("Same prompt"), tr("What was answered to this prompt in each update that is kept"))),
      m_againProblem(new StatusLabel(Token::Bad)), m_trial(new RolloutTrial)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(buildHead());
    layout->addWidget(m_answer, 3);
    layout->addWidget(buildTabs(), 4);
    clear();
}

QWidget* RolloutReader::buildHead()
{
    auto* head = new QWidget;
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    m_facts->setObjectName(QStringLiteral("rolloutFacts"));
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_facts);
    m_prompt->setToolTip(tr("The last turn before the answer"));
    m_answer->setToolTip(tr("The answer; hold the pointer over a token for its number"));
    m_prompt->setMaximumHeight(fontMetrics().height() * 5);
    layout->addWidget(m_prompt);
    m_number->setObjectName(QStringLiteral("rolloutNumber"));
    m_number->setToolTip(tr("What colours the tokens of the answer: stronger is further from nothing, the warning colour is below it"));
    for (const rollouts::TokenNumber& number : rollouts::tokenNumbers()) {
        m_number->addItem(labelOf(number), QString::fromLatin1(number.id));
    }
    auto* label = new QLabel(tr("&Colour by"));
    label->setBuddy(m_number);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_number);
    row->addStretch(1);
    layout->addLayout(row);
    connect(m_number, &QComboBox::currentIndexChanged, this, &RolloutReader::showNumbers);
    return head;
}

QWidget* RolloutReader::buildTabs()
{
    auto* rules = new QWidget;
    auto* layout = new QVBoxLayout(rules);
    layout->addWidget(m_verdicts, 1);
    m_ruleHelp->setObjectName(QStringLiteral("rolloutRuleHelp"));
    m_ruleHelp->setWordWrap(true);
    layout->addWidget(m_ruleHelp);
    auto* change = makeButton(QStringLiteral("rolloutRule"), tr("Go to the &rules"), tr("Open this run's settings on Tune, where its rules are named; undo brings back what was there"));
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(change);
    layout->addLayout(row);
    connect(change, &QPushButton::clicked, this, &RolloutReader::ruleWanted);
    connect(m_verdicts, &QTableWidget::currentCellChanged, this, &RolloutReader::showRuleHelp);
    connect(m_verdicts, &QTableWidget::cellActivated, this, &RolloutReader::ruleWanted);
    auto* again = new QWidget;
    auto* againLayout = new QVBoxLayout(again);
    m_againProblem->setWordWrap(true);
    m_againProblem->hide();
    m_again->setWordWrap(true);
    m_again->setSelectionBehavior(QAbstractItemView::SelectItems);
    againLayout->addWidget(m_againProblem);
    againLayout->addWidget(m_again, 1);
    m_tabs->setObjectName(QStringLiteral("rolloutTabs"));
    m_tabs->setAccessibleName(tr("More about this answer"));
    m_tabs->setToolTip(tr("The rules that judged it, the same prompt in other updates, and its tokens with every number"));
    m_tabs->addTab(rules, tr("Rules"));
    m_tabs->addTab(again, tr("Same prompt"));
    m_tabs->addTab(m_tokens, tr("Tokens"));
    m_tabs->addTab(m_trial, tr("Try a rule"));
    connect(m_tabs, &QTabWidget::currentChanged, this, &RolloutReader::askForAgain);
    return m_tabs;
}

void RolloutReader::setRules(std::vector<std::string> rules)
{
    m_rules = std::move(rules);
}

void RolloutReader::clear()
{
    m_view = {};
    m_isShown = false;
    m_trial->setAnswer(nullptr);
    m_facts->clear();
    m_prompt->setText({});
    m_answer->setText({});
    for (QTableWidget* table : {m_verdicts, m_tokens, m_again}) {
        table->clear();
        table->setRowCount(0);
        table->setColumnCount(0);
    }
    m_ruleHelp->clear();
    m_againProblem->hide();
    setEnabled(false);
}

void RolloutReader::showAnswer(RolloutView view)
{
    const int tab = m_tabs->currentIndex();
    clear();
    setEnabled(true);
    m_view = std::move(view);
    m_isShown = true;
    m_hasAgain = false;
    const rollouts::Answered& answered = m_view.answered;
    const auto tokens = static_cast<int>(answered.ids.size());
    m_facts->setText(tr("Reward %1 · KL %2 · %Ln token(s) · %3 · row %4", "", tokens)
                         .arg(textOf(answered.numbers.reward), textOf(answered.numbers.kl()), answered.numbers.ended ? tr("ended by itself") : tr("cut"),
                              number(answered.row + 1)));
    m_prompt->setText(QString::fromStdString(answered.prompt));
    showNumbers();
    showRules();
    showTokens();
    m_trial->setAnswer(&answered);
    m_tabs->setCurrentIndex(tab);
    askForAgain();
}

void RolloutReader::showNumbers()
{
    if (!m_isShown) {
        return;
    }
    if (m_view.pieces.size() != m_view.answered.ids.size()) { // the vocabulary is gone: the text alone
        m_answer->setText(QString::fromStdString(m_view.answered.answer));
        return;
    }
    const rollouts::TokenNumber& chosen = rollouts::tokenNumbers()[static_cast<std::size_t>(std::max(0, m_number->currentIndex()))];
    const std::vector<float> values = chosen.of(m_view.answered);
    float most = 0;
    for (const float value : values) {
        most = std::max(most, std::abs(value));
    }
    QString text;
    std::vector<DiffText::Heat> heat;
    for (std::size_t i = 0; i < m_view.pieces.size(); ++i) {
        const qsizetype begin = text.size();
        text += m_view.pieces[i];
        if (i < values.size() && most > 0) {
            heat.push_back({{begin, text.size()}, static_cast<double>(std::abs(values[i]) / most), tr("%1: %2").arg(labelOf(chosen), textOf(static_cast<double>(values[i]))),
                            values[i] < 0 && chosen.id != std::string("logprobs") && chosen.id != std::string("reference")});
        }
    }
    m_answer->setText(text);
    m_answer->setHeat(std::move(heat));
    m_answer->setAccessibleDescription(values.empty() ? tr("This run has no such number.") : tr("Coloured by %1; the table of tokens has the numbers.").arg(labelOf(chosen)));
}

void RolloutReader::showRules()
{
    const auto& verdicts = m_view.answered.verdicts;
    m_verdicts->setColumnCount(3);
    m_verdicts->setHorizontalHeaderLabels({tr("Rule"), tr("Gives"), tr("Because")});
    m_verdicts->setRowCount(static_cast<int>(verdicts.size()));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const int row = static_cast<int>(i);
        put(m_verdicts, row, 0, i < m_rules.size() ? QString::fromStdString(m_rules[i]) : tr("reward model"));
        put(m_verdicts, row, 1, textOf(verdicts[i].reward), true);
        put(m_verdicts, row, 2, QString::fromStdString(verdicts[i].why));
    }
    m_verdicts->resizeColumnsToContents();
    m_verdicts->horizontalHeader()->setStretchLastSection(true);
    if (!verdicts.empty()) { // the one that gave least is what a bad reward is about
        const auto least = std::min_element(verdicts.begin(), verdicts.end(), [](const auto& a, const auto& b) { return a.reward < b.reward; });
        m_verdicts->setCurrentCell(static_cast<int>(least - verdicts.begin()), 0);
    }
    showRuleHelp();
}

void RolloutReader::showRuleHelp()
{
    const auto row = static_cast<std::size_t>(std::max(0, m_verdicts->currentRow()));
    if (!m_isShown || row >= m_view.answered.verdicts.size()) {
        m_ruleHelp->clear();
        return;
    }
    if (row >= m_rules.size()) {
        m_ruleHelp->setText(tr("The score of a reward model that the recipe names."));
        return;
    }
    const auto parsed = rewards::parseRule(m_rules[row]);
    const rewards::Rule* rule = parsed ? rewards::findRule(parsed->kind) : nullptr;
    m_ruleHelp->setText(rule == nullptr ? tr("The recipe has another rule here by now.")
                                        : tr("%1: %2 It counts %3 times.")
                                              .arg(QCoreApplication::translate("Rewards", rule->label.c_str()), QCoreApplication::translate("Rewards", rule->help.c_str()),
                                                   QLocale().toString(parsed->weight)));
}

void RolloutReader::showTokens()
{
    std::vector<std::pair<QString, std::vector<float>>> columns;
    for (const rollouts::TokenNumber& number : rollouts::tokenNumbers()) {
        auto values = number.of(m_view.answered);
        if (!values.empty()) {
            columns.emplace_back(labelOf(number), std::move(values));
        }
    }
    m_tokens->setColumnCount(1 + static_cast<int>(columns.size()));
    QStringList headings{tr("Token")};
    for (const auto& [label, values] : columns) {
        headings += label;
    }
    m_tokens->setHorizontalHeaderLabels(headings);
    m_tokens->setRowCount(static_cast<int>(m_view.answered.ids.size()));
    for (std::size_t i = 0; i < m_view.answered.ids.size(); ++i) {
        const int row = static_cast<int>(i);
        put(m_tokens, row, 0, i < m_view.pieces.size() ? m_view.pieces[i] : QString::number(m_view.answered.ids[i]));
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (i < columns[c].second.size()) {
                put(m_tokens, row, static_cast<int>(c) + 1, textOf(static_cast<double>(columns[c].second[i])), true);
            }
        }
    }
    m_tokens->resizeColumnsToContents();
}

void RolloutReader::askForAgain()
{
    if (m_isShown && !m_hasAgain && m_tabs->currentIndex() == 1) {
        m_hasAgain = true;
        Q_EMIT againWanted(m_view.answered.file, m_view.answered.row);
    }
}

void RolloutReader::setAgainProblem(const QString& sentence)
{
    m_againProblem->setText(sentence);
    m_againProblem->setVisible(!sentence.isEmpty());
}

// A column an update, so that what was said to one prompt stands side by side.
void RolloutReader::setAgain(const std::vector<rollouts::Again>& again)
{
    setAgainProblem({});
    std::map<std::int64_t, std::vector<const rollouts::Answered*>> updates;
    std::size_t most = 0;
    for (const rollouts::Again& one : again) {
        auto& own = updates[one.update];
        own.push_back(&one.answered);
        most = std::max(most, own.size());
    }
    m_again->clear();
    m_again->setColumnCount(static_cast<int>(updates.size()));
    m_again->setRowCount(static_cast<int>(most));
    QStringList headings;
    int column = 0;
    for (const auto& [update, answers] : updates) {
        headings += tr("Update %1").arg(number(update));
        for (std::size_t i = 0; i < answers.size(); ++i) {
            put(m_again, static_cast<int>(i), column,
                tr("%1\nreward %2, KL %3").arg(QString::fromStdString(answers[i]->answer), textOf(answers[i]->numbers.reward), textOf(answers[i]->numbers.kl())));
        }
        m_again->setColumnWidth(column, fontMetrics().averageCharWidth() * 34);
        ++column;
    }
    m_again->setHorizontalHeaderLabels(headings);
    m_again->resizeRowsToContents();
}

} // namespace luthier::ui
