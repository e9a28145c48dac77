// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/held_run_dialog.h"

#include "ui/base/amounts.h"
#include "ui/base/typed_number.h"
#include "ui/base/window_sentence.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace luthier::ui {

HeldRunDialog::HeldRunDialog(RunController* runs, QWidget* parent)
    : QDialog(parent), m_runs(runs), m_prompt(new QLineEdit), m_ask(new QPushButton(tr("&Ask"))), m_answers(new QPlainTextEdit), m_rate(new QLineEdit),
      m_apply(new QPushButton(tr("Ap&ply"))), m_now(new StatusLabel(Token::TextQuiet)), m_state(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("heldRunDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Run on hold"));
    auto* what = new QLabel(tr("Try prompts on the weights as they are, or change the learning rate, and go on. Nothing is trained meanwhile."));
    what->setWordWrap(true);
    m_prompt->setObjectName(QStringLiteral("heldPrompt"));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setPlaceholderText(tr("A question for the model as it is now"));
    m_prompt->setToolTip(tr("Answered by the present weights; kept among the run's samples"));
    m_ask->setObjectName(QStringLiteral("askHeld"));
    m_ask->setAutoDefault(false);
    m_answers->setObjectName(QStringLiteral("heldAnswers"));
    m_answers->setReadOnly(true);
    m_answers->setAccessibleName(tr("Answers"));
    m_answers->setPlaceholderText(tr("Answers come here."));
    m_rate->setObjectName(QStringLiteral("heldRate"));
    m_rate->setAccessibleName(tr("Learning rate"));
    m_rate->setPlaceholderText(tr("such as 0.0001"));
    m_rate->setToolTip(tr("The highest rate from the step after the next on; the schedule moves it as before"));
    m_apply->setObjectName(QStringLiteral("applyRate"));
    m_apply->setAutoDefault(false);
    auto* buttons = new QDialogButtonBox;
    auto* goOn = buttons->addButton(tr("&Go on"), QDialogButtonBox::ActionRole); // one that accepts would be pressed by Return in the prompt
    goOn->setObjectName(QStringLiteral("goOn"));
    goOn->setAutoDefault(false);
    buttons->addButton(QDialogButtonBox::Close)->setAutoDefault(false);

    auto* asking = new QHBoxLayout;
    asking->addWidget(m_prompt, 1);
    asking->addWidget(m_ask);
    auto* rate = new QHBoxLayout;
    auto* rateLabel = new QLabel(tr("&Learning rate"));
    rateLabel->setBuddy(m_rate);
    rate->addWidget(rateLabel);
    rate->addWidget(m_rate, 1);
    rate->addWidget(m_apply);
    m_now->setObjectName(QStringLiteral("heldRateNow"));
    m_now->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(what);
    layout->addLayout(asking);
    layout->addWidget(m_answers, 1);
    layout->addLayout(rate);
    layout->addWidget(m_now);
    layout->addWidget(m_state);
    layout->addWidget(buttons);
    setMinimumSize(space(130), space(90));

    connect(m_ask, &QPushButton::clicked, this, &HeldRunDialog::ask);
    connect(m_prompt, &QLineEdit::returnPressed, this, &HeldRunDialog::ask);
    connect(m_apply, &QPushButton::clicked, this, &HeldRunDialog::setRate);
    connect(m_rate, &QLineEdit::returnPressed, this, &HeldRunDialog::setRate);
    connect(m_runs->bridge(), &RunBridge::sampleDone, this, &HeldRunDialog::add);
    connect(m_runs->bridge(), &RunBridge::warned, this, [this](const train::Warning& warning) { m_state->setText(windowSentence(QString::fromStdString(warning.sentence))); });
    connect(m_runs, &RunController::stateChanged, this, &HeldRunDialog::refresh);
    connect(goOn, &QPushButton::clicked, this, [this] { m_runs->setHeld(false); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_state->setWordWrap(true);
    m_prompt->setFocus();
    refresh();
}

void HeldRunDialog::ask()
{
    const QString prompt = m_prompt->text().trimmed();
    if (prompt.isEmpty()) {
        return;
    }
    m_state->setText(tr("Answering\u2026"));
    m_runs->tryPrompt(prompt);
    m_prompt->selectAll();
}

void HeldRunDialog::add(const train::SampleDone& sample)
{
    m_state->setText(tr("Answered by the weights of step %1.").arg(number(sample.step)));
    m_answers->appendPlainText(QStringLiteral("\u203a ") + QString::fromStdString(sample.prompt) + u'\n' + QString::fromStdString(sample.answer) + u'\n');
}

void HeldRunDialog::setRate()
{
    bool isNumber = false;
    const double rate = plainNumber(m_rate->text()).toDouble(&isNumber);
    if (!isNumber || rate <= 0 || rate > 1) {
        m_state->setText(tr("A learning rate is a number above 0 and up to 1."));
        m_rate->setFocus();
        return;
    }
    m_runs->setLearningRate(rate);
}

void HeldRunDialog::refresh()
{
    const auto state = m_runs->state();
    if (state != RunController::State::Held) {
        accept();
        return;
    }
    setWindowTitle(tr("%1 is on hold").arg(m_runs->name()));
    m_now->setVisible(m_runs->learningRate() >= 0);
    //: %1 a step, %2 a learning rate
    m_now->setText(tr("Step %1 was taken at a rate of %2; the schedule moves the rate you set from step to step.")
                       .arg(number(m_runs->step()), QLocale().toString(m_runs->learningRate(), 'g', 3)));
}

} // namespace luthier::ui
