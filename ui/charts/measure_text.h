// SPDX-License-Identifier: GPL-3.0-or-later
// Measures in the window's language: names and values as charts and tables tell them.
//
// Threads: any.
#pragma once

#include "core/measures/summary.h"

#include <QString>

namespace luthier::ui {

QString measureLabel(const measures::Measure& measure);                       // "loss"
QString measureName(const measures::Measure& measure, std::string_view set);  // "held-out loss"
QString measureHelp(const measures::Measure& measure);                        // what it is, its unit, what is better
QString setName(std::string_view set);                                        // "training", "held-out"; others as they call themselves
QString asTitle(QString text);                                                // with a capital

QString measureText(const measures::Measure& measure, double value);
// "3.25 -> 1.5", the last alone where there is none before; null: a dash. `end`: the step that the run came to; where the last value is of
// an earlier one it says of which, so that nobody takes it for the result. 0: it goes on.
QString changeText(const measures::Summary* summary, std::int64_t end = 0);

} // namespace luthier::ui
