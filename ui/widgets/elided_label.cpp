// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/elided_label.h"

#include <QPainter>

namespace luthier::ui {

ElidedLabel::ElidedLabel(Token token, Qt::TextElideMode mode, QWidget* parent) : StatusLabel(token, parent), m_mode(mode)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QSize ElidedLabel::minimumSizeHint() const
{
    return {space(8), StatusLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    const QString shown = fontMetrics().elidedText(text(), m_mode, contentsRect().width());
    painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine, shown);
    if (toolTip().isEmpty() || toolTip() == property("elided").toString()) { // a tooltip of its own stays
        const QString whole = shown == text() ? QString() : text();
        setProperty("elided", whole);
        setToolTip(whole);
    }
}

} // namespace luthier::ui
