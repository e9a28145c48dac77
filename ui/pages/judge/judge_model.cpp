// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/judge/judge_model.h"

#include "core/evaluation/model_judge.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/models/judging/judging_desk.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {

JudgeModel::JudgeModel(JudgingDesk* desk, const QString& model, QWidget* parent)
    : QDialog(parent), m_desk(desk), m_kind(new QComboBox), m_path(new QLineEdit(model)), m_rubric(new QPlainTextEdit(QString::fromUtf8(evaluation::kUsualRubric))),
      m_progress(new QProgressBar), m_told(new StatusLabel(Token::TextQuiet)), m_agreement(new StatusLabel(Token::Text)),
      m_start(makeButton(QStringLiteral("judgeModelStart"), tr("&Judge"), tr("Every pair that it has not judged yet, in both orders; its votes stand apart from people's")))
{
    setObjectName(QStringLiteral("judgeModel"));
    setWindowTitle(tr("Judge by a model"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_kind->setObjectName(QStringLiteral("judgeModelKind"));
    m_kind->setAccessibleName(tr("How it judges"));
    m_kind->setToolTip(tr("A model that answers questions is asked which answer is better; a reward model scores both"));
    m_kind->addItem(tr("asked by a rubric"), false);
    m_kind->addItem(tr("a reward model's scores"), true);
    m_path->setObjectName(QStringLiteral("judgeModelPath"));
    m_path->setAccessibleName(tr("Model"));
    m_path->setToolTip(tr("Folder of the model that judges"));
    m_rubric->setObjectName(QStringLiteral("judgeRubric"));
    m_rubric->setAccessibleName(tr("Rubric"));
    m_rubric->setToolTip(tr("What the judge is asked. {question}, {first}, {second} and {reference} are replaced; A or B is its answer"));
    m_rubric->setTabChangesFocus(true);
    m_rubric->setMinimumHeight(fontMetrics().height() * 8);
    m_progress->setObjectName(QStringLiteral("judgeModelProgress"));
    m_progress->setAccessibleName(tr("Pairs judged by the model"));
    m_progress->hide();
    m_told->setObjectName(QStringLiteral("judgeModelTold"));
    m_told->setWordWrap(true);
    m_agreement->setObjectName(QStringLiteral("judgeModelAgreement"));
    m_agreement->setWordWrap(true);
    auto* choose = makeButton(QStringLiteral("judgeModelChoose"), tr("Choose\u2026"), tr("Choose the model's folder"));
    choose->setAutoDefault(false);
    connect(choose, &QPushButton::clicked, this, &JudgeModel::chooseFolder);
    auto* pathLine = new QHBoxLayout;
    pathLine->addWidget(m_path, 1);
    pathLine->addWidget(choose);
    auto* form = new QFormLayout;
    form->addRow(tr("&How"), m_kind);
    auto* modelLabel = new QLabel(tr("&Model"));
    modelLabel->setBuddy(m_path);
    form->addRow(modelLabel, pathLine);
    form->addRow(tr("&Rubric"), m_rubric);
    auto* close = makeButton(QStringLiteral("judgeModelClose"), tr("Close"), tr("Close; a model at work goes on only until its votes so far are kept"));
    close->setAutoDefault(false);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(this, &QDialog::finished, m_desk, &JudgingDesk::stopModel);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(close);
    buttons->addWidget(m_start);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_progress);
    layout->addWidget(m_told);
    layout->addWidget(m_agreement);
    layout->addLayout(buttons);
    resize(fontMetrics().averageCharWidth() * 80, sizeHint().height());
    const auto changed = [this] { // what was said of it holds no longer
        if (!m_desk->isModelJudging()) {
            tell({}, false);
        }
    };
    connect(m_rubric, &QPlainTextEdit::textChanged, this, changed);
    connect(m_path, &QLineEdit::textChanged, this, changed);
    connect(m_kind, &QComboBox::currentIndexChanged, this, changed);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &JudgeModel::showKind);
    connect(m_start, &QPushButton::clicked, this, &JudgeModel::start);
    connect(m_desk, &JudgingDesk::pairChanged, this, &JudgeModel::showAgreement);
    connect(m_desk, &JudgingDesk::modelProgressed, this, [this](const QString& what, qint64 done, qint64 total) {
        m_progress->show();
        m_progress->setRange(0, static_cast<int>(total));
        m_progress->setValue(static_cast<int>(done));
        tell(what, false);
        m_start->setText(tr("Sto&p"));
    });
    connect(m_desk, &JudgingDesk::modelEnded, this, [this](const QString& sentence, bool isProblem) {
        m_progress->hide();
        tell(isProblem ? sentence : sentence.isEmpty() ? tr("Done.") : tr("Done. %1").arg(sentence), isProblem); // how far its scores can be believed
        m_start->setText(tr("&Judge"));
    });
    showAgreement();
}

void JudgeModel::start()
{
    if (m_desk->isModelJudging()) {
        m_desk->stopModel();
        return;
    }
    const bool isReward = m_kind->currentData().toBool();
    const auto checked = isReward ? Result<void>() : evaluation::checkRubric(m_rubric->toPlainText().toStdString());
    if (!checked || m_path->text().trimmed().isEmpty()) {
        tell(checked ? tr("Choose the model that judges.") : QString::fromStdString(checked.message()), true);
        return;
    }
    m_desk->judgeByModel({m_path->text().trimmed(), isReward, m_rubric->toPlainText()});
}

void JudgeModel::tell(const QString& sentence, bool isProblem)
{
    m_told->setToken(isProblem ? Token::Bad : Token::TextQuiet);
    m_told->setText(isProblem ? problemSentence(sentence) : sentence);
    resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
}

void JudgeModel::showKind()
{
    m_rubric->setEnabled(!m_kind->currentData().toBool());
}

void JudgeModel::showAgreement()
{
    QStringList lines;
    for (const auto& model : m_desk->models()) {
        lines += QString::fromStdString(model.sentence) + u' '
                 + tr("In %1 of %Ln pair(s) the order of the answers decided, which counts as a tie.", nullptr, static_cast<int>(model.judged)).arg(model.flips);
    }
    m_agreement->setText(lines.isEmpty() ? tr("No model has judged these pairs. What one says is believed after it agrees with people on the same pairs.") : lines.join(u'\n'));
}

void JudgeModel::chooseFolder()
{
    auto* dialog = openDialog(this, QStringLiteral("model"), tr("Choose the model that judges"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, m_path, &QLineEdit::setText);
    dialog->open();
}

} // namespace luthier::ui
