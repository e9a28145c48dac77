// SPDX-License-Identifier: GPL-3.0-or-later
// ResultsText: results for a terminal: the table with its intervals, what became better and worse, the verdict.
#pragma once

#include "core/evaluation/results.h"

#include <string>

namespace luthier::cli {

std::string evaluationText(const evaluation::Results& results, std::size_t flips, int width);

} // namespace luthier::cli
