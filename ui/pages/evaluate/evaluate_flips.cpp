// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluate/evaluate_flips.h"

#include "ui/base/amounts.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/diff_text.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QSplitter>
#include <QVBoxLayout>

namespace luthier::ui {

namespace {

constexpr qsizetype kShownOfQuestion = 120;

QLabel* heading(const QString& text)
{
    auto* label = new QLabel(text);
    QFont bold = label->font();
    bold.setBold(true);
    label->setFont(bold);
    return label;
}

} // namespace

EvaluateFlips::EvaluateFlips(QWidget* parent)
    : QWidget(parent), m_kind(new QComboBox), m_list(new QListWidget), m_question(diffText(QStringLiteral("evalQuestion"), tr("Question"))),
      m_reference(diffText(QStringLiteral("evalReference"), tr("What was wanted"))), m_answers(new QWidget), m_column(new QVBoxLayout), m_none(new QLabel)
{
    m_kind->setObjectName(QStringLiteral("evalKind"));
    m_kind->setAccessibleName(tr("Which rows"));
    m_kind->setToolTip(tr("Rows that became worse, or better, by the first metric; or less and more, where it has no better"));
    m_list->setObjectName(QStringLiteral("evalChanged"));
    m_list->setAccessibleName(tr("Rows that changed"));
    m_list->setToolTip(tr("Rows that changed, each with how much the metric that decides the verdict changed; the largest change first"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // what has no room ends in an ellipsis; the question stands whole beside it
    m_list->setTextElideMode(Qt::ElideRight);
    m_question->setToolTip(tr("What was asked"));
    m_reference->setToolTip(tr("The row's own answer"));
    m_none->setWordWrap(true);
    auto* side = new QWidget;
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(0, 0, 0, 0);
    sideLayout->addWidget(m_kind);
    sideLayout->addWidget(m_none);
    sideLayout->addWidget(m_list, 1);
    auto* reader = new QWidget;
    auto* readerLayout = new QVBoxLayout(reader);
    readerLayout->setContentsMargins(0, 0, 0, 0);
    readerLayout->addWidget(heading(tr("Question")));
    readerLayout->addWidget(m_question, 1);
    m_answers->setLayout(m_column);
    m_column->setContentsMargins(0, 0, 0, 0);
    readerLayout->addWidget(m_answers, 3);
    readerLayout->addWidget(heading(tr("Wanted")));
    readerLayout->addWidget(m_reference, 1);
    auto* split = new QSplitter;
    split->addWidget(side);
    split->addWidget(reader);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 3);
    split->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(split);
    connect(m_kind, &QComboBox::activated, this, &EvaluateFlips::fill);
    connect(m_list, &QListWidget::currentRowChanged, this, &EvaluateFlips::showRow);
}

void EvaluateFlips::show(const Json& results)
{
    m_results = results;
    const auto worse = changedRows(results, false).size();
    const auto better = changedRows(results, true).size();
    m_kind->clear();
    const bool isBetter = hasBetter(results);
    m_kind->addItem(isBetter ? tr("%Ln became worse", nullptr, static_cast<int>(worse)) : tr("%Ln with less", nullptr, static_cast<int>(worse)), false);
    m_kind->addItem(isBetter ? tr("%Ln became better", nullptr, static_cast<int>(better)) : tr("%Ln with more", nullptr, static_cast<int>(better)), true);
    m_kind->setCurrentIndex(worse > 0 || better == 0 ? 0 : 1);
    fill();
}

void EvaluateFlips::fill()
{
    m_rows = changedRows(m_results, m_kind->currentData().toBool());
    m_list->clear();
    for (const ChangedRow& row : m_rows) {
        const QString question = row.question.left(kShownOfQuestion).simplified();
        //: by how much, number of the row
        auto* item = new QListWidgetItem(tr("%1, row %2").arg(QLocale().toString(row.change, 'f', 3), number(row.row)) + u'\n' + question);
        item->setToolTip(question);
        m_list->addItem(item);
    }
    m_none->setVisible(m_rows.empty());
    m_list->setVisible(!m_rows.empty());
    m_none->setText(systemsIn(m_results).size() < 2 ? tr("Only one answered; there is nothing that could have changed.") : tr("No row changed in this direction."));
    m_list->setCurrentRow(m_rows.empty() ? -1 : 0);
    if (m_rows.empty()) {
        showRow(-1);
    }
}

void EvaluateFlips::showRow(int index)
{
    while (QLayoutItem* item = m_column->takeAt(0)) {
        if (item->widget() != nullptr) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        delete item;
    }
    if (index < 0 || static_cast<std::size_t>(index) >= m_rows.size()) {
        m_question->setText({});
        m_reference->setText({});
        return;
    }
    const ChangedRow& row = m_rows[static_cast<std::size_t>(index)];
    m_question->setText(row.question);
    m_reference->setText(row.reference);
    for (std::size_t i = 0; i < row.answers.size(); ++i) {
        const auto& [title, text] = row.answers[i];
        auto* view = diffText(QStringLiteral("evalAnswer%1").arg(i), title, tr("nothing was answered"));
        view->setToolTip(i == 0 ? tr("What %1 answered").arg(title) : tr("What %1 answered; words that the first did not say are marked").arg(title));
        view->setText(text);
        if (i > 0) {
            view->setDifferences(wordDiff(row.answers.front().second, text).right);
        }
        m_column->addWidget(heading(title));
        m_column->addWidget(view, 1);
    }
}

} // namespace luthier::ui
