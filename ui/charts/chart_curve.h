// SPDX-License-Identifier: GPL-3.0-or-later
// ChartPanel::Curve: what one measure of one run on one set draws. Only for the charts' own files.
#pragma once

#include "ui/charts/chart_panel.h"
#include "ui/charts/smoothing.h"

#include <qcustomplot.h>

#include <string>

namespace luthier::ui {

struct ChartPanel::Curve {
    int run = 0;
    const measures::Measure* measure = nullptr;
    std::string set;             // kStepSet: of the training steps, a line; else of evaluations, joined dots
    int place = 0;               // of measure and set among the chart's, the same for both runs
    QCPGraph* values = nullptr;  // as measured
    QCPGraph* smooth = nullptr;  // null: not smoothed
    Smoothing smoothing;

    bool isOfSteps() const { return set == measures::kStepSet; }
    QCPGraph* strong() const { return smooth != nullptr ? smooth : values; } // the one in the legend
    bool isEmpty() const { return values->data()->isEmpty(); }
};

// Runs differ by colour and dashes; places by dashes and the shape of their dots, and by colour where the run has none of its own.
void styleSteps(QCPGraph* values, QCPGraph* smooth, const QColor& ink, int run, int place, bool isSmoothed);
void styleEvaluations(QCPGraph* values, const QColor& ink, int run, int place);
QColor inkOf(int run, int place); // of a run without a colour of its own
void stylePlot(QCustomPlot* plot);

} // namespace luthier::ui
