// SPDX-License-Identifier: GPL-3.0-or-later
// Agreement: how far judges agree beyond what chance would give.
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace luthier::statistics {

// Cohen 1960: of two judges who both judged every item; judgements are names of classes. NaN where there is only one class.
double cohenKappa(std::span<const int> first, std::span<const int> second);

// How far two judgements lie apart: other classes, or numbers whose distance counts.
enum class Scale { Nominal, Ordinal, Interval };
// Krippendorff 2011: any number of judges, judgements may be missing. judgements[judge][item]. NaN where there is nothing to compare.
double krippendorffAlpha(const std::vector<std::vector<std::optional<double>>>& judgements, Scale scale);

} // namespace luthier::statistics
