// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/length_histogram.h"

#include "ui/base/amounts.h"
#include "ui/theme/focus_ring.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/role_colors.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr int kGrab = 6;        // pixels beside the line that take hold of it
constexpr int kFarSteps = 10;   // of Shift with an arrow
constexpr int kTicks = 4;
constexpr int kPlotLines = 5;   // of text height
constexpr int kMinWidth = 24;   // characters

} // namespace

LengthHistogram::LengthHistogram(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("lengthHistogram"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Lengths of the rows"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize LengthHistogram::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * kMinWidth * 2, fontMetrics().height() * (kPlotLines + 1)};
}

QSize LengthHistogram::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * kMinWidth, sizeHint().height()};
}

void LengthHistogram::setHistogram(data::Histogram histogram)
{
    m_histogram = std::move(histogram);
    update();
}

void LengthHistogram::setLimit(std::int64_t limit)
{
    m_limit = limit;
    setAccessibleDescription(limit > 0 ? tr("limit at %1 tokens").arg(number(limit)) : QString());
    update();
}

QRect LengthHistogram::plot() const
{
    return rect().adjusted(space(1), space(1), -space(1), -fontMetrics().height());
}

// The limit is in view unless it is far beyond all rows.
std::int64_t LengthHistogram::span() const
{
    const auto bars = static_cast<std::int64_t>(m_histogram.counts.size()) * m_histogram.width;
    const std::int64_t wide = m_limit < 2 * bars ? std::max(bars, m_limit + m_limit / 16) : bars;
    return std::max<std::int64_t>(wide, 1);
}

int LengthHistogram::xOf(std::int64_t length) const
{
    const double share = static_cast<double>(length) / static_cast<double>(span());
    return plot().left() + static_cast<int>(std::lround(share * plot().width()));
}

std::int64_t LengthHistogram::lengthAt(int x) const
{
    const double share = static_cast<double>(x - plot().left()) / std::max(plot().width(), 1);
    return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(span())));
}

void LengthHistogram::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    QPainter painter(this);
    painter.setFont(textFont(TextSize::Small));
    if (m_histogram.counts.empty()) {
        painter.setPen(quietTextColor());
        painter.drawText(rect(), Qt::AlignCenter, tr("Lengths appear here once rows are read."));
        return;
    }
    paintBars(painter);
    paintScale(painter);
    paintLimit(painter);
    paintFocusRing(painter, *this);
}

void LengthHistogram::paintBars(QPainter& painter) const
{
    const std::int64_t most = *std::max_element(m_histogram.counts.begin(), m_histogram.counts.end());
    const QRect area = plot();
    for (std::size_t i = 0; i < m_histogram.counts.size(); ++i) {
        const auto from = static_cast<std::int64_t>(i) * m_histogram.width;
        if (m_histogram.counts[i] == 0) {
            continue;
        }
        const double share = static_cast<double>(m_histogram.counts[i]) / static_cast<double>(most);
        const int height = std::max(1, static_cast<int>(std::lround(share * area.height())));
        const int left = xOf(from);
        const QRect bar(left, area.bottom() - height + 1, std::max(1, xOf(from + m_histogram.width) - left - 1), height);
        const bool isCut = m_limit > 0 && from >= m_limit;
        painter.fillRect(bar, isCut ? mixed(palette().color(QPalette::Window), warningColor(), 0.4) : color(Token::Series1));
        if (isCut) {
            painter.fillRect(bar, QBrush(warningColor(), Qt::BDiagPattern)); // never by colour alone
        }
    }
    painter.setPen(color(Token::Line));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
}

void LengthHistogram::paintScale(QPainter& painter) const
{
    painter.setPen(quietTextColor());
    const int y = plot().bottom() + 1;
    for (int i = 0; i <= kTicks; ++i) {
        const std::int64_t length = span() * i / kTicks;
        const QString text = number(length) + (i == kTicks && m_histogram.isOpen ? QStringLiteral("+") : QString());
        const int width = painter.fontMetrics().horizontalAdvance(text);
        const int x = std::clamp(xOf(length) - width / 2, 0, std::max(0, this->width() - width));
        painter.drawText(QRect(x, y, width + 1, height() - y), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void LengthHistogram::paintLimit(QPainter& painter) const
{
    if (m_limit <= 0 || m_limit > span()) {
        return;
    }
    const int x = xOf(m_limit);
    painter.setPen(QPen(color(Token::Text), 2));
    painter.drawLine(x, 0, x, plot().bottom());
    painter.setBrush(color(Token::Text));
    const int grip = space(1);
    painter.drawPolygon(QPolygon({QPoint(x - grip, 0), QPoint(x + grip, 0), QPoint(x, grip)}));
}

void LengthHistogram::move(std::int64_t limit)
{
    if (limit != m_limit && limit >= 1) {
        setLimit(limit);
        Q_EMIT limitMoved(limit);
    }
}

void LengthHistogram::mousePressEvent(QMouseEvent* event)
{
    m_isDragging = m_limit > 0 && event->button() == Qt::LeftButton && std::abs(event->position().toPoint().x() - xOf(m_limit)) <= kGrab;
}

void LengthHistogram::mouseMoveEvent(QMouseEvent* event)
{
    const int x = event->position().toPoint().x();
    if (m_isDragging) {
        move(lengthAt(std::clamp(x, plot().left(), plot().right())));
    }
    const bool isNear = m_limit > 0 && std::abs(x - xOf(m_limit)) <= kGrab;
    setCursor(m_isDragging || isNear ? Qt::SplitHCursor : Qt::ArrowCursor);
}

void LengthHistogram::mouseReleaseEvent(QMouseEvent* event)
{
    Q_UNUSED(event);
    m_isDragging = false;
}

void LengthHistogram::keyPressEvent(QKeyEvent* event)
{
    const int direction = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (direction == 0 || m_limit <= 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const std::int64_t step = std::max<std::int64_t>(m_histogram.width, 1) * ((event->modifiers() & Qt::ShiftModifier) != 0 ? kFarSteps : 1);
    move(std::max<std::int64_t>(1, m_limit + direction * step));
}

bool LengthHistogram::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && !m_histogram.counts.empty()) {
        auto* help = static_cast<QHelpEvent*>(event);
        const std::int64_t length = lengthAt(help->pos().x());
        const auto bin = static_cast<std::size_t>(length / std::max<std::int64_t>(m_histogram.width, 1));
        if (bin < m_histogram.counts.size()) {
            const std::int64_t from = static_cast<std::int64_t>(bin) * m_histogram.width;
            QToolTip::showText(help->globalPos(), tr("%1 to %2: %Ln row(s)", nullptr, static_cast<int>(m_histogram.counts[bin]))
                                                      .arg(number(from), number(from + m_histogram.width - 1)), this);
        }
        return true;
    }
    return QWidget::event(event);
}

} // namespace luthier::ui
