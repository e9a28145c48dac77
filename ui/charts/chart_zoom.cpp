// SPDX-License-Identifier: GPL-3.0-or-later
// The zoom of a ChartPanel: what part of the run is in view, that it is a part, and the way back.
#include "ui/base/amounts.h"
#include "ui/charts/chart_curve.h"
#include "ui/theme/theme.h"

#include <QLabel>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr double kZoomStep = 0.6; // of the steps in view, for a press of + or -
constexpr double kSame = 1e-6;    // of the range: two are the same

} // namespace

// Beside the title, while a part is in view: no curve may be taken for all of its run.
void ChartPanel::buildZoom()
{
    m_all->setObjectName(m_spec.id + QStringLiteral("ShowAll"));
    m_all->setFont(textFont(TextSize::Small));
    m_all->setFocusPolicy(Qt::TabFocus);
    m_all->hide();
    connect(m_all, &QToolButton::clicked, this, [this] {
        const bool hadKeys = m_all->hasFocus();
        showAll();
        if (hadKeys) {
            setFocus(Qt::OtherFocusReason); // the button is gone
        }
    });
    setProperty("keyHelp", QStringList{tr("Left, Right") + u'\t' + tr("Move the cursor"), tr("Return") + u'\t' + tr("Show the rows of that step"),
                                       tr("+, -") + u'\t' + tr("Zoom in and out"), tr("0") + u'\t' + tr("Show the whole run")});
}

QCPRange ChartPanel::allSteps() const
{
    constexpr double kBehind = 0.0125; // of the run, behind its last step
    return {0, std::max(1.0, m_extent.lastStep * (1 + kBehind))};
}

void ChartPanel::showAll()
{
    m_isZoomed = false;
    rescale();
    tellZoom();
}

// Around the cursor, or what is in the middle. Never beyond the run.
void ChartPanel::zoom(double factor)
{
    const QCPRange all = allSteps();
    const QCPRange now = m_plot->xAxis->range();
    const double middle = m_cursor >= 0 && now.contains(m_cursor) ? m_cursor : now.center();
    const double width = std::max(2.0, now.size() * factor);
    const double lower = std::clamp(middle - (middle - now.lower) * factor, all.lower, std::max(all.lower, all.upper - width));
    if (width >= all.size()) {
        showAll();
        return;
    }
    m_plot->xAxis->setRange(lower, lower + width);
    takeZoom();
}

void ChartPanel::zoomIn()
{
    zoom(kZoomStep);
}

void ChartPanel::zoomOut()
{
    zoom(1 / kZoomStep);
}

// The steps in view are what the person chose; they may be all of them again.
void ChartPanel::takeZoom()
{
    const QCPRange all = allSteps();
    const QCPRange now = m_plot->xAxis->range();
    m_isZoomed = std::abs(now.lower - all.lower) + std::abs(now.upper - all.upper) > kSame * all.size();
    m_isZoomed ? fitValues() : rescale();
    tellZoom();
}

QString ChartPanel::zoomText() const
{
    if (!m_isZoomed) {
        return {};
    }
    const QCPRange now = m_plot->xAxis->range();
    const double last = std::max(m_extent.lastStep, 0.0);
    const auto shown = [&](double step) { return number(static_cast<std::int64_t>(std::clamp(std::round(step), 0.0, last))); };
    //: of a chart that shows a part of the run
    return tr("Steps %1 to %2 of %3").arg(shown(std::ceil(now.lower)), shown(std::floor(now.upper)), number(static_cast<std::int64_t>(last)));
}

void ChartPanel::tellZoom()
{
    const QString text = zoomText();
    //: on a button of a chart: what is in view, and what pressing it does
    m_all->setText(text.isEmpty() ? QString() : tr("%1: show all").arg(text));
    m_all->setAccessibleName(m_all->text());
    m_all->setToolTip(tr("The chart shows a part of the run. Show the whole run again (0, or a double click on the curves)"));
    m_all->setVisible(m_isZoomed);
    tellCursor();
}

} // namespace luthier::ui
