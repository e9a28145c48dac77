// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/sittings.h"

#include <algorithm>

namespace luthier::evaluation {

namespace {

bool areSame(const std::vector<inference::AdapterSpec>& a, const std::vector<inference::AdapterSpec>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return x.path == y.path && x.weight == y.weight; });
}

} // namespace

std::vector<Sitting> sittingsOf(const std::vector<EvalSystem>& systems)
{
    std::vector<Sitting> sittings;
    for (const auto& system : systems) {
        const auto serves = [&](const Sitting& sitting) { return sitting.model == system.model && (system.adapters.empty() || areSame(sitting.adapters, system.adapters)); };
        auto found = std::find_if(sittings.begin(), sittings.end(), serves);
        if (found == sittings.end()) {
            Sitting sitting{system.model, system.adapters, {}};
            if (system.adapters.empty()) { // whoever comes with adapters over it brings them now
                const auto other = std::find_if(systems.begin(), systems.end(), [&](const EvalSystem& one) { return one.model == system.model && !one.adapters.empty(); });
                sitting.adapters = other == systems.end() ? sitting.adapters : other->adapters;
            }
            found = sittings.insert(sittings.end(), std::move(sitting));
        }
        found->systems.push_back(system.id);
    }
    return sittings;
}

} // namespace luthier::evaluation
