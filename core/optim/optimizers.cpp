// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/optimizers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace luthier::optim {

OptimizerKind adamwOptimizer();     // adamw.cpp
OptimizerKind adamw8bitOptimizer(); // adamw8bit.cpp
OptimizerKind adafactorOptimizer(); // adafactor.cpp
OptimizerKind lionOptimizer();      // lion.cpp
OptimizerKind muonOptimizer();      // muon.cpp
OptimizerKind sgdOptimizer();       // sgd.cpp

std::int64_t LeafShape::numel() const
{
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

fields::Rule stateStays()
{
    return {{"optimizer.paging", "optimizer.kind"},
            "This optimizer keeps its state on the device: set optimizer.paging to automatic or off, or take AdamW, whose state can lie in host memory.",
            [](const fields::SettingsView& run) { return run.text("optimizer.paging") == "on"; }};
}

std::span<const OptimizerKind> optimizers()
{
    static const std::array<OptimizerKind, 6> table{adamwOptimizer(), adamw8bitOptimizer(), adafactorOptimizer(),
                                                    lionOptimizer(),  muonOptimizer(),      sgdOptimizer()};
    return table;
}

const OptimizerKind* findOptimizer(std::string_view id)
{
    const auto all = optimizers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const OptimizerKind& o) { return o.id == id; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace luthier::optim
