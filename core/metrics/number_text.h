// SPDX-License-Identifier: GPL-3.0-or-later
// NumberText: a metric's value as tables and sentences have it.
//
// Threads: a free function, any thread.
#pragma once

#include "core/metrics/metric.h"

#include <string>

namespace luthier::metrics {

// With the metric's digits; "nothing" where the value is not finite.
std::string numberText(const Metric& metric, double value);

} // namespace luthier::metrics
