// SPDX-License-Identifier: GPL-3.0-or-later
// ChartSpec: one chart of a run. A new chart is one row in charts.cpp; which measures it draws, their unit and their scale is
// said by the measures that name it (core/measures/measure.cpp), and a measure that names none has a chart of its own.
// Panel, overlay, smoothing, export, theme and tests follow.
// Threads: GUI thread, whose the language is.
#pragma once

#include "core/measures/measure.h"

#include <QString>

#include <vector>

namespace luthier::ui {

struct ChartSpec {
    QString id;    // objectName of the panel is id + "Chart"
    QString title;
    std::vector<const measures::Measure*> measures; // at least one; unit, digits and scale are the first one's
    bool isAlways = false; // shown before anything was measured

    const measures::Measure& main() const { return *measures.front(); }
    bool draws(const measures::Measure& measure) const;
};

// The rows, those that any measure names, in their order; titles in the language of the moment.
std::vector<ChartSpec> charts();

// The one that draws the measure: a row, or one made for it.
ChartSpec chartOf(const measures::Measure& measure);

} // namespace luthier::ui
