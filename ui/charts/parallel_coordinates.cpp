// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/parallel_coordinates.h"

#include "ui/theme/focus_ring.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr double kLogRatio = 10;
constexpr double kNear = 8; // pixels

QString shortNumber(double value)
{
    return QLocale().toString(value, 'g', 4);
}

} // namespace

ParallelCoordinates::ParallelCoordinates(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("parallelCoordinates"));
    setAccessibleName(tr("Trials over their settings"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ParallelCoordinates::setTrials(const QStringList& settings, const QString& outcome, std::vector<ParallelTrial> trials)
{
    m_trials = std::move(trials);
    makeAxes(settings, outcome);
    m_order.clear();
    for (int i = 0; i < numTrials(); ++i) {
        if (m_trials[static_cast<std::size_t>(i)].outcome) {
            m_order.push_back(i);
        }
    }
    std::stable_sort(m_order.begin(), m_order.end(), [this](int a, int b) { return *m_trials[static_cast<std::size_t>(a)].outcome < *m_trials[static_cast<std::size_t>(b)].outcome; });
    m_current = -1;
    setVisible(!settings.isEmpty());
    setCurrent(m_order.empty() ? -1 : m_order.front());
    update();
}

void ParallelCoordinates::makeAxes(const QStringList& settings, const QString& outcome)
{
    m_axes.clear();
    for (int place = 0; place <= settings.size(); ++place) {
        const bool isOutcome = place == settings.size();
        Axis axis;
        axis.name = isOutcome ? outcome : settings[place];
        std::vector<double> numbers;
        for (const ParallelTrial& trial : m_trials) {
            bool isNumber = true;
            const double value = isOutcome ? trial.outcome.value_or(0) : place < trial.values.size() ? trial.values[place].toDouble(&isNumber) : 0;
            if (isOutcome && !trial.outcome) {
                continue;
            }
            axis.isNumber = axis.isNumber && isNumber;
            numbers.push_back(value);
            if (!isOutcome && place < trial.values.size() && !axis.words.contains(trial.values[place])) {
                axis.words.append(trial.values[place]);
            }
        }
        if (axis.isNumber && !numbers.empty()) {
            axis.low = *std::min_element(numbers.begin(), numbers.end());
            axis.high = *std::max_element(numbers.begin(), numbers.end());
            axis.isLog = !isOutcome && axis.low > 0 && axis.high / axis.low >= kLogRatio;
        }
        m_axes.push_back(std::move(axis));
    }
}

double ParallelCoordinates::heightOf(std::size_t at, const ParallelTrial& trial) const
{
    const Axis& axis = m_axes[at];
    const bool isOutcome = at + 1 == m_axes.size();
    if (isOutcome && !trial.outcome) {
        return -1;
    }
    if (!isOutcome && static_cast<qsizetype>(at) >= trial.values.size()) {
        return -1;
    }
    if (!axis.isNumber) {
        return axis.words.size() < 2 ? 0.5 : static_cast<double>(axis.words.indexOf(trial.values[static_cast<qsizetype>(at)])) / static_cast<double>(axis.words.size() - 1);
    }
    const double value = isOutcome ? *trial.outcome : trial.values[static_cast<qsizetype>(at)].toDouble();
    const auto scaled = [&](double number) { return axis.isLog ? std::log(number) : number; };
    const double span = scaled(axis.high) - scaled(axis.low);
    return span > 0 ? (scaled(value) - scaled(axis.low)) / span : 0.5;
}

QRectF ParallelCoordinates::plot() const
{
    const double line = fontMetrics().lineSpacing();
    return QRectF(rect()).adjusted(space(16), 2 * line, -space(16), -1.5 * line);
}

QPointF ParallelCoordinates::pointOf(std::size_t axis, const ParallelTrial& trial) const
{
    const QRectF area = plot();
    const double x = m_axes.size() < 2 ? area.center().x() : area.left() + area.width() * static_cast<double>(axis) / static_cast<double>(m_axes.size() - 1);
    return {x, area.bottom() - area.height() * std::max(0.0, heightOf(axis, trial))};
}

QSize ParallelCoordinates::sizeHint() const
{
    return {space(120), space(44)};
}

QSize ParallelCoordinates::minimumSizeHint() const
{
    return {space(60), space(30)};
}

void ParallelCoordinates::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextSize::Small));
    const QRectF area = plot();
    const auto drawTrial = [&](int at, const QPen& pen) {
        const ParallelTrial& trial = m_trials[static_cast<std::size_t>(at)];
        QPainterPath path;
        bool isFirst = true;
        for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
            if (heightOf(axis, trial) < 0) {
                continue;
            }
            isFirst ? path.moveTo(pointOf(axis, trial)) : path.lineTo(pointOf(axis, trial));
            isFirst = false;
        }
        painter.setPen(pen);
        painter.drawPath(path);
    };
    for (auto at = m_order.rbegin(); at != m_order.rend(); ++at) { // the best on top
        const double rank = static_cast<double>(m_order.rend() - at - 1) / std::max<double>(1, static_cast<double>(m_order.size()) - 1);
        QColor ink = seriesColor(0);
        ink.setAlphaF(static_cast<float>(1 - 0.8 * rank));
        drawTrial(*at, QPen(ink, 1.4));
    }
    if (m_current >= 0) {
        drawTrial(m_current, QPen(color(Token::Accent), 2.6));
    }
    for (std::size_t i = 0; i < m_axes.size(); ++i) {
        const Axis& axis = m_axes[i];
        const double x = m_axes.size() < 2 ? area.center().x() : area.left() + area.width() * static_cast<double>(i) / static_cast<double>(m_axes.size() - 1);
        painter.setPen(QPen(color(Token::Line), 1));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        painter.setPen(color(Token::Text));
        const double room = m_axes.size() < 2 ? area.width() : area.width() / static_cast<double>(m_axes.size() - 1);
        const QRectF head(x - room / 2, 0, room, fontMetrics().lineSpacing());
        painter.drawText(head, Qt::AlignCenter, painter.fontMetrics().elidedText(axis.name, Qt::ElideMiddle, static_cast<int>(room) - space(1)));
        painter.setPen(color(Token::TextQuiet));
        const QString low = axis.isNumber ? shortNumber(axis.low) : axis.words.value(0);
        const QString high = axis.isNumber ? shortNumber(axis.high) : axis.words.isEmpty() ? QString() : axis.words.last();
        painter.drawText(QRectF(x - room / 2, area.top() - fontMetrics().lineSpacing(), room, fontMetrics().lineSpacing()), Qt::AlignCenter, high);
        painter.drawText(QRectF(x - room / 2, area.bottom(), room, fontMetrics().lineSpacing()), Qt::AlignCenter, low);
    }
    paintFocusRing(painter, *this);
}

void ParallelCoordinates::setCurrent(int trial)
{
    m_current = trial;
    if (trial >= 0) {
        const ParallelTrial& chosen = m_trials[static_cast<std::size_t>(trial)];
        QStringList parts;
        for (std::size_t i = 0; i + 1 < m_axes.size() && static_cast<qsizetype>(i) < chosen.values.size(); ++i) {
            parts += m_axes[i].name + u' ' + chosen.values[static_cast<qsizetype>(i)];
        }
        setAccessibleDescription(tr("%1: %2").arg(parts.join(tr(", ")), chosen.outcome ? shortNumber(*chosen.outcome) : tr("not there yet")));
        setToolTip(accessibleDescription());
    } else {
        setAccessibleDescription(tr("No trial has ended yet"));
    }
    update();
}

void ParallelCoordinates::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF at = event->position();
    double nearest = kNear;
    int found = m_order.empty() ? -1 : m_order.front();
    for (const int trial : m_order) {
        const ParallelTrial& one = m_trials[static_cast<std::size_t>(trial)];
        for (std::size_t axis = 0; axis + 1 < m_axes.size(); ++axis) {
            const QPointF a = pointOf(axis, one);
            const QPointF b = pointOf(axis + 1, one);
            if (at.x() < a.x() || at.x() > b.x() || b.x() <= a.x()) {
                continue;
            }
            const double y = a.y() + (b.y() - a.y()) * (at.x() - a.x()) / (b.x() - a.x());
            if (std::abs(y - at.y()) < nearest) {
                nearest = std::abs(y - at.y());
                found = trial;
            }
        }
    }
    if (found != m_current) {
        setCurrent(found);
    }
}

void ParallelCoordinates::leaveEvent(QEvent*)
{
    setCurrent(m_order.empty() ? -1 : m_order.front());
}

void ParallelCoordinates::keyPressEvent(QKeyEvent* event)
{
    const int direction = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (direction == 0 || m_order.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto at = std::find(m_order.begin(), m_order.end(), m_current) - m_order.begin();
    const auto count = static_cast<std::ptrdiff_t>(m_order.size());
    setCurrent(m_order[static_cast<std::size_t>((at + direction + count) % count)]);
}

} // namespace luthier::ui
