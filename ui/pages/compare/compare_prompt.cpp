// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_prompt.h"

#include "core/evaluation/contender.h"
#include "ui/base/window_sentence.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace luthier::ui {

namespace {

constexpr int kMostShots = 16;
enum Which { kWhichDiverse, kWhichNearest, kWhichRows };

} // namespace

ComparePrompt::ComparePrompt(bool hasTraining, QWidget* parent)
    : QDialog(parent), m_system(new QPlainTextEdit), m_shots(new WholeField), m_which(new QComboBox), m_rows(new QLineEdit),
      m_problem(new StatusLabel(Token::Bad)), m_form(new QFormLayout),
      m_ok(makeButton(QStringLiteral("promptAdd"), tr("&Add"), tr("Add a column in which the base answers with this before the question")))
{
    setObjectName(QStringLiteral("comparePromptDialog"));
    setWindowTitle(tr("The base with a prompt"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_system->setObjectName(QStringLiteral("promptSystem"));
    m_system->setAccessibleName(tr("System text"));
    m_system->setToolTip(tr("What the base is told before the question"));
    m_system->setPlaceholderText(tr("Such as: You repair guitars. Answer in one sentence."));
    m_system->setTabChangesFocus(true);
    m_shots->setObjectName(QStringLiteral("promptShots"));
    m_shots->setAccessibleName(tr("Examples"));
    m_shots->setToolTip(hasTraining ? tr("Rows of the run's training data that are shown before the question")
                                    : tr("Only a run of this project says what it was trained on"));
    m_shots->setRange(0, kMostShots);
    m_shots->setValue(hasTraining ? 3 : 0);
    m_shots->setEnabled(hasTraining);
    m_which->setObjectName(QStringLiteral("promptWhich"));
    m_which->setAccessibleName(tr("Which examples"));
    m_which->setToolTip(tr("The most different rows, those most like the question, or rows that you name"));
    m_which->addItem(tr("the most different ones"));
    m_which->addItem(tr("those most like the question"));
    m_which->addItem(tr("these rows"));
    m_which->setEnabled(hasTraining);
    m_rows->setObjectName(QStringLiteral("promptRows"));
    m_rows->setAccessibleName(tr("Rows that are shown"));
    m_rows->setToolTip(tr("Numbers of rows of the training data, in the order in which they are shown"));
    m_rows->setPlaceholderText(tr("3, 17, 42"));
    m_problem->setObjectName(QStringLiteral("promptProblem"));
    m_problem->setWordWrap(true);
    m_form->addRow(tr("&System text"), m_system);
    m_form->addRow(tr("&Examples"), m_shots);
    m_form->addRow(tr("&Which"), m_which);
    m_form->addRow(tr("&Rows"), m_rows);
    auto* cancel = makeButton(QStringLiteral("promptCancel"), tr("Cancel"), tr("Add nothing"));
    cancel->setAutoDefault(false);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_ok);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(m_form);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    m_ok->setDefault(true); // in the dialog by now: before, it would not know of it
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_ok, &QPushButton::clicked, this, [this] {
        const auto rows = rowsByHand();
        Q_EMIT chosen(m_system->toPlainText(), m_shots->value(), m_which->currentIndex() == kWhichNearest, rows ? *rows : std::vector<std::int64_t>());
        accept();
    });
    connect(m_system, &QPlainTextEdit::textChanged, this, &ComparePrompt::showWhether);
    connect(m_shots, &QSpinBox::valueChanged, this, &ComparePrompt::showWhether);
    connect(m_which, &QComboBox::currentIndexChanged, this, &ComparePrompt::showWhether);
    connect(m_rows, &QLineEdit::textChanged, this, &ComparePrompt::showWhether);
    showWhether();
}

bool ComparePrompt::isByHand() const
{
    return m_which->currentIndex() == kWhichRows;
}

Result<std::vector<std::int64_t>> ComparePrompt::rowsByHand() const
{
    return isByHand() ? evaluation::shotRowsOf(m_rows->text().toStdString()) : Result<std::vector<std::int64_t>>(std::vector<std::int64_t>());
}

void ComparePrompt::showWhether()
{
    m_form->setRowVisible(m_rows, isByHand());
    m_form->setRowVisible(m_shots, !isByHand()); // as many as are named
    const auto rows = rowsByHand();
    m_problem->setText(rows || m_rows->text().trimmed().isEmpty() ? QString() : problemSentence(QString::fromStdString(rows.message())));
    m_problem->setVisible(!m_problem->text().isEmpty());
    m_ok->setEnabled(isByHand() ? bool(rows) : m_shots->value() > 0 || !m_system->toPlainText().trimmed().isEmpty());
}

} // namespace luthier::ui
