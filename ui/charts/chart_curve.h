// SPDX-License-Identifier: GPL-3.0-or-later
// ChartPanel::Curve: what one measure of one run on one set draws. Only for the charts' own files.
// Threads: GUI thread.
#pragma once

#include "ui/charts/chart_panel.h"
#include "ui/charts/smoothing.h"
#include "ui/charts/thinned_points.h"

#include <qcustomplot.h>

#include <string>

namespace luthier::ui {

struct ChartPanel::Curve {
    int run = 0;
    const measures::Measure* measure = nullptr;
    std::string set;             // kStepSet: of the training steps, a line; else of evaluations, joined dots
    int place = 0;               // of measure and set among the chart's, the same for both runs
    QCPGraph* values = nullptr;  // draws what was measured
    QCPGraph* smooth = nullptr;  // null: not smoothed
    QSharedPointer<QCPGraphDataContainer> all = QSharedPointer<QCPGraphDataContainer>::create(); // measured
    QSharedPointer<QCPGraphDataContainer> allSmooth = QSharedPointer<QCPGraphDataContainer>::create();
    ThinnedPoints thinned;
    ThinnedPoints thinnedSmooth;
    QCPRange drawn = {0, 0};     // steps that the graphs hold points of,
    int drawnPoints = -1;        // of so many, at a width of so many pixels
    int drawnWidth = 0;
    Smoothing smoothing;

    bool isOfSteps() const { return set == measures::kStepSet; }
    QCPGraph* strong() const { return smooth != nullptr ? smooth : values; } // the one in the legend
    // Gives the graphs what they draw: everything, or where that is too much, of the steps in view what can be seen of them.
    void show(const QCPRange& steps, int width);
    bool isEmpty() const { return all->isEmpty(); }
    // Of more points than a graph draws by itself in no time.
    bool isLong() const { return all->size() > kMostShort; }
    static constexpr int kMostShort = 4000;
};

// Runs differ by colour and dashes; places by dashes and the shape of their dots, and by colour where the run has none of its own. A
// long line has hollow marks, a few along the way, instead of dashes, which nobody tells apart there.
struct StepsStyle {
    int run = 0;
    int place = 0;
    bool isSmoothed = false;
    bool isLong = false;
};
void styleSteps(QCPGraph* values, QCPGraph* smooth, const QColor& ink, const StepsStyle& style);
void styleEvaluations(QCPGraph* values, const QColor& ink, int run, int place);
QColor inkOf(int run, int place); // of a run without a colour of its own
void stylePlot(QCustomPlot* plot);

} // namespace luthier::ui
