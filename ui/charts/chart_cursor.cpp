// SPDX-License-Identifier: GPL-3.0-or-later
// The cursor of a ChartPanel: values told by hover and by keyboard, and the chart in words.
#include "ui/charts/chart_curve.h"
#include "ui/base/amounts.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr int kMaxToldRows = 12; // of the table told to readers of the screen

// The point nearest to `step`; null when there is none.
const QCPGraphData* nearest(const QSharedPointer<QCPGraphDataContainer>& data, double step)
{
    if (data->isEmpty()) {
        return nullptr;
    }
    auto at = data->findBegin(step, true);
    const auto next = at + 1;
    if (next != data->constEnd() && std::abs(next->key - step) < std::abs(at->key - step)) {
        at = next;
    }
    return &*at;
}

} // namespace

QString ChartPanel::valueText(double value) const
{
    return QLocale().toString(value, 'g', m_spec.main().digits);
}

// To the nearest step that any of the runs had.
void ChartPanel::setCursor(double step)
{
    const QCPGraphData* point = nullptr;
    for (int run = 0; run < kMaxRuns; ++run) {
        const Curve* shown = main(run);
        const QCPGraphData* found = shown == nullptr ? nullptr : nearest(shown->all, step);
        if (found != nullptr && (point == nullptr || std::abs(found->key - step) < std::abs(point->key - step))) {
            point = found;
        }
    }
    if (point == nullptr) {
        return;
    }
    m_cursor = point->key;
    m_cursorLine->point1->setCoords(m_cursor, 0);
    m_cursorLine->point2->setCoords(m_cursor, 1);
    m_cursorLine->setVisible(true);
    tellCursor();
    draw();
}

void ChartPanel::hideCursor()
{
    m_cursor = -1;
    m_cursorLine->setVisible(false);
    tellCursor();
    draw();
}

void ChartPanel::tellCursor()
{
    const QString text = cursorText();
    const QString zoomed = zoomText();
    m_value->setText(text);
    m_value->setToolTip(text);
    //: a chart in words: what is in view, and the values at the cursor
    setAccessibleDescription(zoomed.isEmpty() || text.isEmpty() ? zoomed + text : tr("%1; %2").arg(zoomed, text));
}

QString ChartPanel::cursorText() const
{
    if (m_cursor < 0) {
        return {};
    }
    QStringList texts{tr("step %1").arg(number(m_cursor))};
    for (const auto& curve : m_curves) {
        const QCPGraphData* point = nearest(curve->all, m_cursor);
        if (point == nullptr || point->key != m_cursor) {
            continue; // it was not measured there
        }
        const QString& run = m_names[static_cast<std::size_t>(curve->run)];
        const bool isPlain = curve->place == 0 && m_spec.measures.size() == 1; // title and run say what it is
        const QString name = (run.isEmpty() ? QString() : run + u' ') + (isPlain ? QString() : curveName(*curve) + u' ');
        texts += name + valueText(point->value);
        if (const QCPGraphData* smooth = curve->smooth == nullptr || m_weight <= 0 ? nullptr : nearest(curve->allSmooth, m_cursor)) {
            texts += tr("smoothed %1").arg(valueText(smooth->value));
        }
    }
    for (const auto& [step, sentence] : m_remarkTexts) {
        if (static_cast<double>(step) == m_cursor) {
            texts += sentence;
        }
    }
    return texts.join(QStringLiteral(", "));
}

void ChartPanel::moveCursor(int direction)
{
    const Curve* shown = main(0) != nullptr ? main(0) : main(1);
    if (shown == nullptr) {
        return;
    }
    const auto data = shown->all;
    m_isByKeys = true;
    if (m_cursor < 0) {
        setCursor(direction > 0 ? data->constBegin()->key : (data->constEnd() - 1)->key);
        return;
    }
    auto at = data->findBegin(m_cursor, false);
    const auto offset = std::clamp<qint64>((at - data->constBegin()) + direction, 0, data->size() - 1);
    setCursor((data->constBegin() + offset)->key);
}

void ChartPanel::keyPressEvent(QKeyEvent* event)
{
    constexpr int kPage = 10;
    switch (event->key()) {
    case Qt::Key_Left: moveCursor(-1); break;
    case Qt::Key_Right: moveCursor(1); break;
    case Qt::Key_PageUp: moveCursor(-kPage); break;
    case Qt::Key_PageDown: moveCursor(kPage); break;
    case Qt::Key_Home: m_cursor = -1; moveCursor(1); break;
    case Qt::Key_End: m_cursor = -1; moveCursor(-1); break;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomIn(); break;
    case Qt::Key_Minus: zoomOut(); break;
    case Qt::Key_0: showAll(); break;
    case Qt::Key_Return:
    case Qt::Key_Enter: askForStep(); break;
    default: QWidget::keyPressEvent(event);
    }
}

// Of the first run that had the step.
void ChartPanel::askForStep()
{
    for (int run = 0; run < kMaxRuns && m_cursor >= 1; ++run) { // step 0 has learned nothing
        const Curve* shown = main(run);
        const QCPGraphData* point = shown == nullptr ? nullptr : nearest(shown->all, m_cursor);
        if (point != nullptr && point->key == m_cursor) {
            Q_EMIT stepWanted(static_cast<qint64>(m_cursor), run);
            return;
        }
    }
}

// A press that moved was a drag, and the first click of a double click asks for nothing.
void ChartPanel::connectClicks()
{
    m_click.setSingleShot(true);
    m_click.setInterval(QApplication::doubleClickInterval());
    connect(&m_click, &QTimer::timeout, this, &ChartPanel::askForStep);
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) { m_pressedAt = event->pos(); });
    connect(m_plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        const bool isDrag = (event->pos() - m_pressedAt).manhattanLength() >= QApplication::startDragDistance();
        if (event->button() == Qt::LeftButton && !isDrag && m_plot->axisRect()->rect().contains(event->pos())) {
            setCursor(m_plot->xAxis->pixelToCoord(event->pos().x()));
            m_click.start();
        }
    });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        m_click.stop();
        m_pressedAt = {}; // its release is no click
    });
}

bool ChartPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Paint) {
        drawNow(); // it was out of sight until now, or a picture is taken of it
    } else if (event->type() == QEvent::MouseButtonPress) {
        setFocus(Qt::MouseFocusReason);
    } else if (event->type() == QEvent::Leave && !m_isByKeys) {
        hideCursor(); // it followed the pointer
    } else if (event->type() == QEvent::ContextMenu) {
        auto* menu = new QMenu(this); // the plot takes the event for itself
        menu->setAttribute(Qt::WA_DeleteOnClose);
        addActionsTo(menu);
        menu->popup(static_cast<QContextMenuEvent*>(event)->globalPos());
        return true;
    } else if (event->type() == QEvent::Resize && m_remarks != nullptr) {
        applyTheme(); // whether the legend has room
    }
    return QWidget::eventFilter(watched, event);
}

// What the curve says, in words, for readers of the screen: a few rows spread over the run.
void ChartPanel::tellTable()
{
    const Curve* shown = main(0);
    QStringList rows;
    const int size = shown == nullptr ? 0 : static_cast<int>(shown->all->size());
    for (int i = 0; i < std::min(size, kMaxToldRows); ++i) {
        const int at = size <= kMaxToldRows ? i : static_cast<int>(static_cast<std::int64_t>(i) * (size - 1) / (kMaxToldRows - 1));
        const QCPGraphData& point = *shown->all->at(at);
        rows += tr("step %1: %2").arg(number(static_cast<std::int64_t>(point.key)), valueText(point.value));
    }
    m_plot->setAccessibleName(title());
    m_plot->setAccessibleDescription(rows.join(QStringLiteral("; ")));
}

} // namespace luthier::ui
