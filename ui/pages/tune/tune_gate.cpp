// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_gate.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/pages/tune/tune_answers.h"
#include "ui/widgets/card.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/tokens/token_legend.h"
#include "ui/widgets/tokens/token_strip.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {

TuneGate::TuneGate(QWidget* parent)
    : QWidget(parent), m_verdict(new TuneVerdict), m_row(new QLabel), m_unread(new StatusLabel(Token::Warn)), m_place(new StatusLabel(Token::TextQuiet)),
      m_measured(new StatusLabel(Token::TextQuiet)), m_block(new QWidget), m_blockText(new StatusLabel(Token::Bad)), m_strip(new TokenStrip),
      m_previous(makeButton(QStringLiteral("gatePrevious"), tr("Previous row"), tr("The row before (Page up)"))),
      m_next(makeButton(QStringLiteral("gateNext"), tr("Next row"), tr("Another row of those to learn from (Page down)"))),
      m_back(new QPushButton(tr("Back to the settings"))), m_answers(new TuneAnswers)
{
    setObjectName(QStringLiteral("gate"));
    auto* card = new Card(tr("This is what the model will read"));
    m_row->setObjectName(QStringLiteral("gateRow"));
    m_row->setWordWrap(true);
    m_unread->setObjectName(QStringLiteral("gateUnread"));
    m_unread->setAccessibleName(tr("What is not learned"));
    m_unread->setToolTip(tr("Fields of the files that leave no trace in what is learned; data.unread says what to do about them"));
    m_unread->setTextFormat(Qt::PlainText);
    m_unread->setWordWrap(true);
    m_strip->setObjectName(QStringLiteral("gateStrip"));
    auto* hint = new StatusLabel(tr("Filled tokens are learned. If a question is filled, or an answer is not, go back and look at "
                                    "the data's shape and at what is learned from."),
                                 Token::TextQuiet);
    hint->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(m_row, 1);
    head->addWidget(m_previous);
    head->addWidget(m_next);
    card->body()->addLayout(head);
    card->body()->addWidget(m_unread);
    card->body()->addWidget(m_strip, 1);
    card->body()->addWidget(new TokenLegend);
    card->body()->addWidget(hint);
    for (auto [label, id] : {std::pair(m_place, "gatePlace"), std::pair(m_measured, "gateMeasured"), std::pair(m_blockText, "gateBlock")}) {
        label->setObjectName(QLatin1String(id));
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    auto* showRows = makeButton(QStringLiteral("gateShowRows"), tr("Show these rows"), tr("The Data page, filtered to rows with nothing to learn"));
    auto* goOn = makeButton(QStringLiteral("gateGoOn"), tr("Go on without them"), tr("They are left out of this run; nothing in the data changes"));
    auto* line = new QHBoxLayout(m_block);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_blockText, 1);
    line->addWidget(showRows);
    line->addWidget(goOn);
    connect(showRows, &QPushButton::clicked, this, [this] { Q_EMIT rowsWanted(QStringLiteral("filter:untrained")); });
    connect(goOn, &QPushButton::clicked, this, [this] {
        m_isBlocked = false;
        m_block->hide();
        Q_EMIT blockChanged();
    });
    connect(m_verdict, &TuneVerdict::changeWanted, this, &TuneGate::changeWanted);
    m_back->setObjectName(QStringLiteral("gateBack"));
    m_back->setToolTip(tr("Change something first (Esc)"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_back);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(card, 1);
    layout->addWidget(m_answers);
    layout->addWidget(m_verdict);
    layout->addWidget(m_measured);
    layout->addWidget(m_place);
    layout->addWidget(m_block);
    layout->addLayout(buttons);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    escape->setWhatsThis(tr("Back to the settings"));
    connect(escape, &QShortcut::activated, this, &TuneGate::rejected);
    connect(m_previous, &QPushButton::clicked, this, [this] { walk(-1); });
    connect(m_next, &QPushButton::clicked, this, [this] { walk(1); });
    for (const int direction : {-1, 1}) {
        auto* page = new QShortcut(QKeySequence(direction < 0 ? Qt::Key_PageUp : Qt::Key_PageDown), this);
        page->setContext(Qt::WidgetWithChildrenShortcut);
        page->setWhatsThis(direction < 0 ? tr("The row before") : tr("The next row"));
        connect(page, &QShortcut::activated, this, [this, direction] { walk(direction); });
    }
    connect(m_back, &QPushButton::clicked, this, &TuneGate::rejected);
    auto* start = new QShortcut(QKeySequence(Qt::Key_Return), this);
    start->setContext(Qt::WidgetWithChildrenShortcut);
    start->setWhatsThis(tr("Start now, with the row in view"));
    connect(start, &QShortcut::activated, this, &TuneGate::accepted);
}

void TuneGate::show(const Verdict& verdict)
{
    m_verdict->show(verdict);
    m_unread->setText(windowSentence(verdict.plan.unread.join(u'\n')));
    m_unread->setVisible(!verdict.plan.unread.isEmpty());
    showBlock(verdict);
    m_rows = verdict.plan.samples;
    m_at = 0;
    showRow();
    m_strip->setFocus(Qt::OtherFocusReason);
}

void TuneGate::showBlock(const Verdict& verdict)
{
    const QLocale locale;
    m_isBlocked = verdict.plan.nothingToLearn > 0;
    m_block->setVisible(m_isBlocked);
    m_blockText->setText(tr("%Ln row(s) have nothing to learn: no token of them is trained. Look at them, mend or raise the longest length, or go on without them.",
                            nullptr, static_cast<int>(std::min<std::int64_t>(verdict.plan.nothingToLearn, 1 << 30))));
    m_place->setVisible(verdict.plan.disk.has_value());
    if (const auto& disk = verdict.plan.disk) {
        const QString needs = fileSize(static_cast<double>(disk->wanted));
        const QString place = tr("Results go to a folder of their own in %1.").arg(verdict.plan.resultFolder);
        //: bytes that the run writes, bytes that the disk has free
        const QString room = disk->free ? tr("The run writes up to %1; %2 are free.").arg(needs, fileSize(static_cast<double>(*disk->free)))
                                        : tr("The run writes up to %1.").arg(needs);
        m_place->setText(place + u' ' + room + (disk->fits() ? QString() : u' ' + tr("That is not enough: make room first.")));
        m_place->setToken(disk->fits() ? Token::TextQuiet : Token::Bad);
    }
}

void TuneGate::showMeasuring(bool startsAfter)
{
    m_measured->setToken(Token::TextQuiet);
    m_measured->setText(startsAfter ? tr("Measuring one pass over the largest batch; the run starts when that fits\u2026")
                                    : tr("Measuring one pass over the largest batch\u2026"));
}

void TuneGate::showMeasured(const Verdict& verdict, const QString& problem)
{
    m_verdict->show(verdict);
    const auto& memory = verdict.plan.memory;
    m_measured->setToken(problem.isEmpty() && (!memory || memory->estimate.fits()) ? Token::TextQuiet : Token::Bad);
    if (verdict.measured) {
        const train::PlanMeasure& pass = *verdict.measured;
        m_measured->setText(tr("Measured: one pass over the largest batch, forward and backward, takes %1 and %2. At that rate the run takes %3.")
                                .arg(duration(pass.secondsPerPass), byteText(pass.peakBytes), duration(pass.seconds)));
    } else if (!problem.isEmpty()) {
        m_measured->setText(tr("One pass over the largest batch could not be measured: %1").arg(windowSentence(problem)));
    } else if (verdict.plan.makesAnswers) {
        m_measured->setText(tr("This run learns from answers that it makes on the way, so there is no batch to measure before it."));
    } else {
        m_measured->setText(tr("Not measured: by its sizes the run does not fit. Take one of the changes, or start all the same."));
    }
}

void TuneGate::showUnmeasured(const Verdict& verdict, const QString& sentence)
{
    m_verdict->show(verdict);
    m_measured->setToken(Token::TextQuiet);
    m_measured->setText(sentence);
}

void TuneGate::walk(int direction)
{
    if (!m_rows.empty()) {
        m_at = (m_at + m_rows.size() + static_cast<std::size_t>(direction < 0 ? m_rows.size() - 1 : 1)) % m_rows.size();
        showRow();
    }
}

void TuneGate::showRow()
{
    m_previous->setEnabled(m_rows.size() > 1);
    m_next->setEnabled(m_rows.size() > 1);
    const TuneSample row = m_rows.empty() ? TuneSample{} : m_rows[m_at];
    m_strip->setContent(row.tokens);
    const QLocale locale;
    const QString number = locale.toString(static_cast<qlonglong>(row.row));
    const QString trained = locale.toString(static_cast<qlonglong>(row.tokens.numTrained()));
    const QString all = locale.toString(static_cast<qlonglong>(row.tokens.tiles.size()));
    switch (row.use) {
    case TuneSample::Use::Learned:
        m_row->setText(tr("Row %1 of %2: %3 of %4 tokens are learned.").arg(number, row.file, trained, all));
        break;
    case TuneSample::Use::Compared:
        m_row->setText((row.isRejected ? tr("Row %1 of %2, the rejected answer: %3 of %4 tokens are to become less likely.") : tr("Row %1 of %2, the chosen answer: %3 of %4 tokens are to become likelier."))
                           .arg(number, row.file, trained, all));
        break;
    case TuneSample::Use::Judged:
        m_row->setText((row.isRejected ? tr("Row %1 of %2, the rejected answer: its %3 tokens are scored as a whole.") : tr("Row %1 of %2: its %3 tokens are scored as a whole.")).arg(number, row.file, all));
        break;
    case TuneSample::Use::Answered:
        m_row->setText(tr("Row %1 of %2: the model reads these %3 tokens, writes the answer itself, and learns from that. An answer in the data is for rules alone.").arg(number, row.file, all));
        break;
    }
}

} // namespace luthier::ui
