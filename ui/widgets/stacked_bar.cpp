// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/stacked_bar.h"

#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace luthier::ui {

StackedBar::StackedBar(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StackedBar::setParts(std::vector<BarPart> parts, std::int64_t limit, const QString& limitText)
{
    m_parts = std::move(parts);
    m_limit = limit;
    m_limitText = limitText;
    m_total = 0;
    QStringList all;
    for (const BarPart& part : m_parts) {
        m_total += part.amount;
        all += part.name + u' ' + part.text;
    }
    //: parts of the memory, and what is free
    setAccessibleDescription(tr("%1; %2").arg(all.join(tr(", ")), limitText));
    update();
}

QSize StackedBar::sizeHint() const
{
    return {space(60), space(4)};
}

QSize StackedBar::minimumSizeHint() const
{
    return {space(20), space(4)};
}

double StackedBar::xOf(std::int64_t amount) const
{
    const std::int64_t whole = std::max({m_total, m_limit, std::int64_t{1}});
    return static_cast<double>(width()) * static_cast<double>(amount) / static_cast<double>(whole);
}

const BarPart* StackedBar::partAt(int x) const
{
    std::int64_t before = 0;
    for (const BarPart& part : m_parts) {
        before += part.amount;
        if (part.amount > 0 && x <= xOf(before)) {
            return &part;
        }
    }
    return nullptr;
}

void StackedBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Raised));
    std::int64_t before = 0;
    for (const BarPart& part : m_parts) {
        const double left = xOf(before);
        before += part.amount;
        painter.fillRect(QRectF(left, 0, xOf(before) - left, height()), seriesColor(part.series));
    }
    painter.setPen(color(Token::Line));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
    if (m_limit <= 0) {
        return;
    }
    const double limit = xOf(m_limit);
    if (m_total > m_limit) {
        painter.fillRect(QRectF(limit, 0, width() - limit, height()), QBrush(color(Token::Bad), Qt::BDiagPattern));
    }
    painter.setPen(QPen(color(m_total > m_limit ? Token::Bad : Token::Text), 2));
    painter.drawLine(QPointF(std::min<double>(limit, width() - 1), 0), QPointF(std::min<double>(limit, width() - 1), height()));
}

bool StackedBar::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const BarPart* part = partAt(help->pos().x());
        QToolTip::showText(help->globalPos(), part ? part->name + u' ' + part->text : m_limitText, this);
        return true;
    }
    return QWidget::event(event);
}

Swatch::Swatch(int series, QWidget* parent) : QWidget(parent), m_series(series)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize Swatch::sizeHint() const
{
    return {space(2), space(2)};
}

void Swatch::paintEvent(QPaintEvent*)
{
    QPainter(this).fillRect(rect(), seriesColor(m_series));
}

} // namespace luthier::ui
