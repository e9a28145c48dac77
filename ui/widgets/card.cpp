// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/card.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace luthier::ui {

Card::Card(const QString& title, QWidget* parent) : QFrame(parent), m_header(new QHBoxLayout), m_body(new QVBoxLayout)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(3), space(2), space(3), space(3));
    layout->setSpacing(space(2));
    if (!title.isEmpty()) {
        m_title = new QLabel(title);
        QFont heavy = textFont(TextSize::Body);
        heavy.setWeight(QFont::DemiBold);
        m_title->setFont(heavy);
        m_title->setMinimumHeight(space(6)); // a button beside it must not move it
        m_header->addWidget(m_title, 1);
    }
    layout->addLayout(m_header);
    layout->addLayout(m_body, 1);
    m_body->setSpacing(space(2));
}

void Card::setTitle(const QString& title)
{
    m_title->setText(title);
}

void Card::paintEvent(QPaintEvent*)
{
    paintCard(*this);
}

void paintCard(QWidget& widget)
{
    QPainter painter(&widget);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(color(Token::Raised));
    painter.setBrush(color(Token::Surface));
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), space(1), space(1));
}

} // namespace luthier::ui
