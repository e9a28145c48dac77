// SPDX-License-Identifier: GPL-3.0-or-later
// ChartPanel::Curve: what one run draws in one chart. Only for the charts' own files.
#pragma once

#include "ui/charts/chart_panel.h"
#include "ui/charts/smoothing.h"

#include <qcustomplot.h>

namespace luthier::ui {

struct ChartPanel::Curve {
    QCPGraph* raw = nullptr;
    QCPGraph* smooth = nullptr;
    QCPGraph* evals = nullptr;
    Smoothing smoothing;
    QString name;
};

void styleCurve(QCPGraph* raw, QCPGraph* smooth, QCPGraph* evals, int run, bool isSmoothed);
void stylePlot(QCustomPlot* plot);

} // namespace luthier::ui
