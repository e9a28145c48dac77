// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/optimizers.h"

#include <algorithm>
#include <array>

namespace luthier::optim {

OptimizerKind adamwOptimizer(); // adamw.cpp
OptimizerKind sgdOptimizer();   // sgd.cpp

std::span<const OptimizerKind> optimizers()
{
    static const std::array<OptimizerKind, 2> table{adamwOptimizer(), sgdOptimizer()};
    return table;
}

const OptimizerKind* findOptimizer(std::string_view id)
{
    const auto all = optimizers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const OptimizerKind& o) { return o.id == id; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace luthier::optim
