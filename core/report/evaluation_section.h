// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluationSection: results.json of an evaluation as part of a page, and what it did not measure.
//
// Threads: free functions, any thread. Keys that are not there leave their part out.
#pragma once

#include "core/base/json.h"

#include <string>
#include <vector>

namespace luthier::report {

std::string evaluationSection(const Json& results);
std::vector<std::string> notMeasured(const Json& results);

} // namespace luthier::report
