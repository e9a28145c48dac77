// SPDX-License-Identifier: GPL-3.0-or-later
// ChartSpec: one chart of a run, as a row of a table. A new chart is one row in charts.cpp; panel, overlay,
// smoothing, export, theme and tests follow.
#pragma once

#include "core/train/events.h"

#include <span>

namespace luthier::ui {

struct ChartSpec {
    const char* id;    // objectName of the panel is id + "Chart"
    const char* title; // English source strings, context "ChartSpec"
    const char* unit;  // of the upright axis; empty: none
    double (*value)(const train::StepDone& step);
    bool hasEvals;     // held-out losses are drawn on the same plot
    int digits;        // significant ones, where a value is told
};

std::span<const ChartSpec> charts();

} // namespace luthier::ui
