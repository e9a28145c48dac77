// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/rollouts/rollout_trial.h"

#include "core/fields/field.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QVBoxLayout>

#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDigits = 3;

QString number(double value)
{
    return QLocale().toString(value, 'f', kDigits);
}

rewards::Answer toJudge(const rollouts::Answered& answered)
{
    rewards::Answer answer;
    answer.prompt = answered.prompt;
    answer.text = answered.answer;
    answer.tokens = static_cast<std::int64_t>(answered.ids.size());
    answer.ended = answered.numbers.ended;
    return answer;
}

} // namespace

RolloutTrial::RolloutTrial(QWidget* parent)
    : QWidget(parent), m_kinds(new QComboBox), m_rule(new QLineEdit), m_verdict(new StatusLabel(Token::TextQuiet)), m_all(new QLabel), m_help(new QLabel)
{
    m_kinds->setObjectName(QStringLiteral("trialKind"));
    m_kinds->setToolTip(tr("The rule to try, with its usual settings"));
    for (const rewards::Rule& rule : rewards::rules()) {
        m_kinds->addItem(QCoreApplication::translate("Rewards", rule.label.c_str()), QString::fromStdString(rule.id));
        m_kinds->setItemData(m_kinds->count() - 1, QCoreApplication::translate("Rewards", rule.help.c_str()), Qt::ToolTipRole);
    }
    m_rule->setObjectName(QStringLiteral("trialRule"));
    m_rule->setPlaceholderText(QStringLiteral("length most=20 unit=words weight=0.5"));
    m_rule->setToolTip(tr("The rule as a recipe names it: its name, then settings; it is judged while you type"));
    m_verdict->setObjectName(QStringLiteral("trialVerdict"));
    m_all->setObjectName(QStringLiteral("trialAll"));
    m_help->setObjectName(QStringLiteral("trialHelp"));
    for (QLabel* label : {static_cast<QLabel*>(m_verdict), m_all, m_help}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
    }
    auto* form = new QFormLayout;
    form->addRow(tr("&Kind"), m_kinds);
    form->addRow(tr("Ru&le"), m_rule);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_help);
    layout->addWidget(m_verdict);
    layout->addWidget(m_all);
    layout->addStretch(1);
    connect(m_kinds, &QComboBox::activated, this, &RolloutTrial::begin);
    connect(m_rule, &QLineEdit::textChanged, this, &RolloutTrial::judge);
    judge();
}

void RolloutTrial::setUpdate(std::vector<rollouts::Answered> answers)
{
    m_answers = std::move(answers);
    judge();
}

void RolloutTrial::setAnswer(const rollouts::Answered* answer)
{
    m_hasAnswer = answer != nullptr;
    m_answer = answer == nullptr ? rollouts::Answered() : *answer;
    judge();
}

void RolloutTrial::begin()
{
    m_rule->setText(m_kinds->currentData().toString());
    m_rule->setFocus(Qt::OtherFocusReason);
}

void RolloutTrial::judge()
{
    const rewards::Rule* row = rewards::findRule(m_rule->text().section(u' ', 0, 0).toStdString());
    QStringList settings;
    for (const fields::Field& field : row == nullptr ? std::vector<fields::Field>() : rewards::fieldsOfRule(*row)) {
        settings += QString::fromStdString(field.key);
    }
    m_help->setText(row == nullptr ? QString()
                                   : tr("%1 Settings: %2.").arg(QCoreApplication::translate("Rewards", row->help.c_str()), settings.join(QStringLiteral(", ")))
                                         + (row->needsExpected ? u' ' + tr("It compares with the answer in the data, which is not kept with the answers; here it gives 0.") : QString()));
    if (m_rule->text().trimmed().isEmpty()) {
        m_verdict->setToken(Token::TextQuiet);
        m_verdict->setText(tr("Choose a kind, or write a rule."));
        m_all->clear();
        return;
    }
    const std::vector<std::string> texts{m_rule->text().trimmed().toStdString()};
    const auto rules = rewards::Rewards::compile(texts);
    if (!rules) {
        m_verdict->setToken(Token::Bad);
        m_verdict->setText(QString::fromStdString(rules.message()));
        m_all->clear();
        return;
    }
    m_verdict->setToken(Token::Text);
    if (m_hasAnswer) {
        const rewards::Judged judged = rules->judge(toJudge(m_answer));
        m_verdict->setText(tr("This answer: %1, because %2").arg(number(judged.reward), QString::fromStdString(judged.verdicts.front().why)));
    } else {
        m_verdict->clear();
    }
    rewards::RewardTally tally(*rules);
    double sum = 0;
    for (const rollouts::Answered& answered : m_answers) {
        const rewards::Judged judged = rules->judge(toJudge(answered));
        sum += judged.reward;
        tally.add(judged);
    }
    QStringList all{tr("All %Ln answer(s) of the update: %1 on average", "", static_cast<int>(m_answers.size())).arg(number(m_answers.empty() ? 0 : sum / static_cast<double>(m_answers.size())))};
    for (const std::string& finding : tally.findings()) {
        all += QString::fromStdString(finding);
    }
    m_all->setText(all.join(u'\n'));
}

} // namespace luthier::ui
