// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/banner.h"

#include "ui/base/window_sentence.h"
#include "ui/theme/theme.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace luthier::ui {

Banner::Banner(const QString& id, QWidget* parent) : QFrame(parent), m_text(new QLabel), m_remedy(new QPushButton)
{
    setObjectName(id);
    m_text->setObjectName(id + QStringLiteral("Text"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_remedy->setObjectName(id + QStringLiteral("Remedy"));
    auto* close = makeIconButton(id + QStringLiteral("Close"), QStringLiteral("x"), tr("Hide this message"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space(4), space(2), space(2), space(2));
    layout->addWidget(m_text, 1);
    layout->addWidget(m_remedy);
    layout->addWidget(close);
    connect(m_remedy, &QPushButton::clicked, this, &Banner::remedyWanted);
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void Banner::setToken(Token token)
{
    m_token = token;
    update();
}

void Banner::show(const QString& sentence, const QString& remedy)
{
    m_text->setText(windowSentence(sentence));
    m_remedy->setText(remedy);
    m_remedy->setVisible(!remedy.isEmpty());
    setAccessibleName(sentence);
    setVisible(true);
}

void Banner::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Raised));
    painter.fillRect(QRect(0, 0, space(1), height()), color(m_token));
}

} // namespace luthier::ui
