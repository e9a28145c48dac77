// SPDX-License-Identifier: GPL-3.0-or-later
// Event measures: everything that a step or an evaluation measured, fixed members and list alike, by the table of
// measures. Who draws, prints, stores or exports measurements reads them here and knows no member by name.
#pragma once

#include "core/measures/summary.h"
#include "core/train/events.h"

namespace luthier::train {

// All that was measured, fixed members first.
measures::Values measuresOf(const StepDone& step);
measures::Values measuresOf(const EvalDone& eval);

// One of them, without making the list.
std::optional<double> valueOf(const StepDone& step, const measures::Measure& measure);
std::optional<double> valueOf(const EvalDone& eval, const measures::Measure& measure);

// Steps and evaluations; other events measure nothing.
void take(measures::Summaries& summaries, const Event& event);

} // namespace luthier::train
