// SPDX-License-Identifier: GPL-3.0-or-later
// Verdict: whether it helped, in a sentence that says no more than the rows do.
#pragma once

#include "core/evaluation/results.h"
#include "core/metrics/number_text.h"

#include <string>

namespace luthier::evaluation {

// By the first metric; of one contender its value alone.
std::string verdictOf(const Results& results);
// "0.6120 to 0.7310", as the metric's digits have it; "no interval" where there is none.
std::string intervalText(const metrics::Metric& metric, const statistics::Interval& interval);
using metrics::numberText;

} // namespace luthier::evaluation
