// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_curve.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

constexpr double kStrong = 2;
constexpr double kFaintAlpha = 0.35;
constexpr double kGridAlpha = 0.25;
constexpr double kDotSize = 7;
constexpr int kUnmarked = 300; // points of a long line between two marks

QColor faint(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

void styleAxis(QCPAxis* axis)
{
    const QColor line = color(Token::Line);
    const QColor text = color(Token::TextQuiet);
    axis->setBasePen(QPen(line));
    axis->setTickPen(QPen(line));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(text);
    axis->setLabelColor(text);
    axis->setTickLabelFont(textFont(TextSize::Small));
    axis->setLabelFont(textFont(TextSize::Small));
    axis->grid()->setPen(QPen(faint(line, kGridAlpha)));
    axis->grid()->setZeroLinePen(QPen(faint(line, kGridAlpha)));
}

// The first two places of both runs, then the others.
int seriesAt(int run, int place)
{
    constexpr int kFirst = 2;
    return place < kFirst ? run * kFirst + place : place * ChartPanel::kMaxRuns + run;
}

QCPScatterStyle::ScatterShape dotOf(int run, int place)
{
    static constexpr std::array kDots{QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssDiamond,
                                      QCPScatterStyle::ssTriangle, QCPScatterStyle::ssTriangleInverted, QCPScatterStyle::ssStar};
    return kDots[static_cast<std::size_t>(run + 2 * std::max(0, place - 1)) % kDots.size()];
}

} // namespace

QColor inkOf(int run, int place)
{
    return seriesColor(seriesAt(run, place));
}

void styleSteps(QCPGraph* values, QCPGraph* smooth, const QColor& ink, const StepsStyle& style)
{
    static constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DashDotLine, Qt::DashDotDotLine};
    const Qt::PenStyle dash = kDashes[static_cast<std::size_t>(style.run + (style.place > 0 ? 2 : 0)) % kDashes.size()];
    const QPen strong(ink, kStrong, style.isLong ? Qt::SolidLine : dash);
    QCPGraph* const line = smooth != nullptr ? smooth : values;
    line->setPen(strong);
    const bool isMarked = style.isLong && dash != Qt::SolidLine;
    line->setScatterStyle(isMarked ? QCPScatterStyle(dotOf(style.run, style.place), ink, color(Token::Surface), kDotSize) : QCPScatterStyle());
    line->setScatterSkip(isMarked ? kUnmarked : 0);
    if (smooth != nullptr) {
        values->setPen(QPen(faint(ink, kFaintAlpha), 1));
        values->setVisible(style.isSmoothed);
    }
}

void styleEvaluations(QCPGraph* values, const QColor& ink, int run, int place)
{
    values->setPen(QPen(ink, 1, Qt::DotLine));
    values->setScatterStyle(QCPScatterStyle(dotOf(run, place), ink, ink, kDotSize));
}

void stylePlot(QCustomPlot* plot)
{
    plot->setBackground(color(Token::Surface));
    for (QCPAxis* axis : {plot->xAxis, plot->yAxis}) {
        styleAxis(axis);
    }
    plot->legend->setBrush(Qt::NoBrush);
    plot->legend->setBorderPen(Qt::NoPen);
    plot->legend->setTextColor(color(Token::Text));
    plot->legend->setFont(textFont(TextSize::Small));
}

} // namespace luthier::ui
