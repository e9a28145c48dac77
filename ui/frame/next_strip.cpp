// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/next_strip.h"

#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

namespace luthier::ui {

NextStrip::NextStrip(QWidget* parent)
    : QFrame(parent), m_text(new ElidedLabel(Token::TextQuiet)), m_go(makeButton(QStringLiteral("nextGo"), {}, tr("Goes on with what usually comes next")))
{
    setObjectName(QStringLiteral("nextStrip"));
    m_text->setObjectName(QStringLiteral("nextText"));
    m_go->setAutoDefault(false);
    auto* close = makeIconButton(QStringLiteral("nextClose"), QStringLiteral("x"), tr("Do not say this again"), {}, Token::TextQuiet);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space(4), space(1), space(2), space(1));
    layout->addWidget(m_text, 1);
    layout->addWidget(m_go);
    layout->addWidget(close);
    connect(m_go, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT wanted();
    });
    connect(close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });
    hide();
}

void NextStrip::show(const QString& sentence, const QString& button)
{
    m_text->setText(sentence);
    m_go->setText(button);
    setAccessibleName(sentence);
    setVisible(true);
}

void NextStrip::paintEvent(QPaintEvent*)
{
    QPainter(this).fillRect(rect(), color(Token::Raised));
}

} // namespace luthier::ui
