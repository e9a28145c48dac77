// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_curve.h"
#include "ui/theme/theme.h"

namespace luthier::ui {
namespace {

constexpr double kStrong = 2;
constexpr double kFaintAlpha = 0.35;
constexpr double kGridAlpha = 0.25;
constexpr double kDotSize = 7;

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

} // namespace

// Two runs differ by colour, by dashes and by the shape of their dots.
void styleCurve(QCPGraph* raw, QCPGraph* smooth, QCPGraph* evals, int run, bool isSmoothed)
{
    const Qt::PenStyle dashes = run == 0 ? Qt::SolidLine : Qt::DashLine;
    const QColor main = seriesColor(run * 2);
    const QColor heldOut = seriesColor(run * 2 + 1);
    raw->setPen(QPen(faint(main, kFaintAlpha), 1));
    raw->setVisible(isSmoothed);
    smooth->setPen(QPen(main, kStrong, dashes));
    evals->setPen(QPen(heldOut, 1, Qt::DotLine));
    evals->setScatterStyle(QCPScatterStyle(run == 0 ? QCPScatterStyle::ssDisc : QCPScatterStyle::ssSquare, heldOut, heldOut, kDotSize));
}

void stylePlot(QCustomPlot* plot)
{
    plot->setBackground(color(Token::Surface));
    for (QCPAxis* axis : {plot->xAxis, plot->yAxis}) {
        styleAxis(axis);
    }
    plot->legend->setBrush(faint(color(Token::Surface), 0.9));
    plot->legend->setBorderPen(QPen(faint(color(Token::Line), kGridAlpha)));
    plot->legend->setTextColor(color(Token::Text));
    plot->legend->setFont(textFont(TextSize::Small));
}

} // namespace luthier::ui
