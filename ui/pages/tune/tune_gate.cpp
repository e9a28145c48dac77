// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_gate.h"

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

namespace luthier::ui {

TuneGate::TuneGate(QWidget* parent)
    : QWidget(parent), m_verdict(new TuneVerdict), m_row(new QLabel), m_unread(new StatusLabel(Token::Warn)), m_strip(new TokenStrip),
      m_previous(makeButton(QStringLiteral("gatePrevious"), tr("Previous row"), tr("The row before (Page up)"))),
      m_next(makeButton(QStringLiteral("gateNext"), tr("Next row"), tr("Another row of those to learn from (Page down)"))),
      m_back(new QPushButton(tr("Back to the settings")))
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
    m_back->setObjectName(QStringLiteral("gateBack"));
    m_back->setToolTip(tr("Change something first (Esc)"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_back);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(card, 1);
    layout->addWidget(m_verdict);
    layout->addLayout(buttons);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &TuneGate::rejected);
    connect(m_previous, &QPushButton::clicked, this, [this] { walk(-1); });
    connect(m_next, &QPushButton::clicked, this, [this] { walk(1); });
    for (const int direction : {-1, 1}) {
        auto* page = new QShortcut(QKeySequence(direction < 0 ? Qt::Key_PageUp : Qt::Key_PageDown), this);
        page->setContext(Qt::WidgetWithChildrenShortcut);
        connect(page, &QShortcut::activated, this, [this, direction] { walk(direction); });
    }
    connect(m_back, &QPushButton::clicked, this, &TuneGate::rejected);
    auto* start = new QShortcut(QKeySequence(Qt::Key_Return), this);
    start->setContext(Qt::WidgetWithChildrenShortcut);
    connect(start, &QShortcut::activated, this, &TuneGate::accepted);
}

void TuneGate::show(const Verdict& verdict)
{
    m_verdict->show(verdict);
    m_unread->setText(verdict.plan.unread.join(u'\n'));
    m_unread->setVisible(!verdict.plan.unread.isEmpty());
    m_rows = verdict.plan.samples;
    m_at = 0;
    showRow();
    m_strip->setFocus(Qt::OtherFocusReason);
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
    m_row->setText(tr("Row %1 of %2: %3 of %4 tokens are learned.")
                       .arg(locale.toString(static_cast<qlonglong>(row.row)), row.file, locale.toString(static_cast<qlonglong>(row.tokens.numTrained())),
                            locale.toString(static_cast<qlonglong>(row.tokens.tiles.size()))));
}

} // namespace luthier::ui
