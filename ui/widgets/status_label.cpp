// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/status_label.h"

#include <QEvent>

namespace luthier::ui {

StatusLabel::StatusLabel(Token token, QWidget* parent) : StatusLabel(QString(), token, parent) {}

StatusLabel::StatusLabel(const QString& text, Token token, QWidget* parent) : QLabel(text, parent), m_token(token)
{
    applyColor();
}

void StatusLabel::setToken(Token token)
{
    m_token = token;
    applyColor();
}

void StatusLabel::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange) {
        applyColor();
    }
    QLabel::changeEvent(event);
}

void StatusLabel::applyColor()
{
    // Setting a palette tells PaletteChange again: only a real change goes on.
    QPalette colors = palette();
    if (colors.color(QPalette::WindowText) != color(m_token)) {
        colors.setColor(QPalette::WindowText, color(m_token));
        setPalette(colors);
    }
}

} // namespace luthier::ui
