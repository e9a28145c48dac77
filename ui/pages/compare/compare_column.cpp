// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_column.h"

#include "ui/base/window_sentence.h"
#include "ui/pages/compare/compare_reward.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

// Lines end between facts, not within "35.8 tokens/s".
QString withUnitsWhole(QString text)
{
    static const QString gap = QStringLiteral("  \u00b7  ");
    QStringList facts = text.split(gap);
    for (QString& fact : facts) {
        if (!fact.isEmpty() && fact.front().isDigit()) {
            fact.replace(u' ', QChar::Nbsp);
        }
        fact.replace(u'/', QStringLiteral("/\u2060"));
    }
    return facts.join(gap);
}

} // namespace

CompareColumn::CompareColumn(const QString& id, const QString& title, bool canClose, QWidget* parent)
    : QFrame(parent), m_title(new QLabel(title)), m_subtitle(new ElidedLabel(Token::TextQuiet)), m_origin(new StatusLabel(Token::Warn)),
      m_text(new DiffText), m_footer(new QLabel),
      m_copy(new QToolButton), m_goOn(new QToolButton)
{
    setFrameShape(QFrame::StyledPanel);
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setMinimumHeight(space(6)); // with and without a button beside it
    m_subtitle->setObjectName(id + QStringLiteral("Subtitle"));
    m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_origin->setObjectName(id + QStringLiteral("Origin"));
    m_origin->setTextFormat(Qt::PlainText);
    m_origin->setWordWrap(true);
    m_origin->hide();
    m_text->setObjectName(id + QStringLiteral("Answer"));
    m_text->setAccessibleName(tr("Answer of %1").arg(title));
    m_text->setToolTip(tr("Words that only this answer has are tinted and underlined."));
    m_text->setPlaceholderText(tr("The answer appears here"));
    m_footer->setObjectName(id + QStringLiteral("Footer"));
    m_footer->setForegroundRole(QPalette::PlaceholderText);
    m_footer->setWordWrap(true);
    m_copy->setObjectName(id + QStringLiteral("Copy"));
    m_copy->setText(tr("Copy"));
    m_copy->setAutoRaise(true);
    m_copy->setToolTip(tr("Copy this answer"));
    m_copy->setAccessibleName(tr("Copy the answer of %1").arg(title));

    m_goOn->setObjectName(id + QStringLiteral("GoOn"));
    m_goOn->setText(tr("Go on"));
    m_goOn->setAutoRaise(true);
    m_goOn->setEnabled(false);
    m_goOn->setToolTip(tr("Ask a next question behind this answer: all columns answer from here"));
    m_goOn->setAccessibleName(tr("Go on from the answer of %1").arg(title));
    connect(m_goOn, &QToolButton::clicked, this, &CompareColumn::goOnWanted);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addWidget(m_subtitle, 1);
    if (canClose) {
        auto* close = makeIconButton(id + QStringLiteral("Close"), QStringLiteral("x"), tr("Close the column of %1").arg(title),
                                     tr("Close this column; an answer under way stops"));
        close->setFixedHeight(space(6));
        connect(close, &QToolButton::clicked, this, &CompareColumn::closeWanted);
        head->addWidget(close);
    }
    auto* foot = new QHBoxLayout;
    foot->addStretch(1);
    foot->addWidget(m_goOn);
    foot->addWidget(m_copy);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(head);
    layout->addWidget(m_origin);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_footer); // a line of its own: beside the buttons of a narrow column its words had too little room, and were cut
    layout->addLayout(foot);
    connect(m_copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_text->text()); });
}

void CompareColumn::setContender(const Contender& contender)
{
    m_contender = contender;
    m_subtitle->setText(contender.name);
    m_subtitle->setToolTip(contender.name);
    showOrigin();
}

void CompareColumn::showOrigin()
{
    const bool isOthers = !m_text->text().isEmpty() && m_by.id != m_contender.id;
    //: above an answer: who gave it, when another is chosen now
    m_origin->setText(isOthers ? tr("from %1").arg(m_by.name) : QString());
    m_origin->setVisible(isOthers);
    m_text->setDimmed(isOthers);
}

void CompareColumn::clear(const QString& waiting)
{
    m_by = m_contender;
    m_text->setText({});
    m_text->setPlaceholderText(waiting);
    m_footer->clear();
    m_plain.clear();
    showOrigin();
}

void CompareColumn::append(const QString& piece)
{
    m_text->append(piece);
    showOrigin();
}

void CompareColumn::finish(const CompareContest::Answer& answer)
{
    if (m_text->text() != answer.text) {
        m_text->setText(answer.text);
    }
    showOrigin();
    m_text->setPlaceholderText(tr("nothing was answered"));
    m_goOn->setEnabled(answer.problem.isEmpty() && !answer.text.isEmpty());
    if (!answer.problem.isEmpty()) {
        m_text->setPlaceholderText(problemSentence(answer.problem)); // where the answer would stand: it says why there is none
        m_plain = tr("could not answer");
        m_footer->setText(m_plain);
        return;
    }
    const QString how = answer.finish == QLatin1String("length")   ? tr("reached the token limit")
                        : answer.finish == QLatin1String("cancel") ? tr("stopped")
                                                                   : tr("complete");
    m_plain = tr("%Ln token(s)  \u00b7  %1 tokens/s  \u00b7  %2", nullptr, static_cast<int>(answer.numTokens)).arg(QLocale().toString(answer.tokensPerSecond, 'f', 1), how);
    if (answer.firstTokenSeconds >= 0) {
        //: what stands under an answer, and how long its first token took
        m_plain = tr("%1  \u00b7  first after %2 s").arg(m_plain, QLocale().toString(answer.firstTokenSeconds, 'f', 2));
    }
    m_footer->setText(withUnitsWhole(m_plain));
}

void CompareColumn::showAnswer(const QString& text, const QString& footer, const Contender& by)
{
    m_by = by;
    m_text->setText(text);
    m_plain = footer;
    m_footer->setText(footer);
    m_footer->setToolTip({});
    m_goOn->setEnabled(!text.isEmpty());
    showOrigin();
}

QString CompareColumn::title() const
{
    return m_title->text();
}

void CompareColumn::setBusy(bool isBusy)
{
    m_goOn->setEnabled(!isBusy && !m_text->text().isEmpty());
}

void CompareColumn::setReward(double score)
{
    m_footer->setText(withUnitsWhole(withReward(m_plain, score)));
}

QString CompareColumn::footer() const
{
    return m_footer->text();
}

} // namespace luthier::ui
