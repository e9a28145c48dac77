// SPDX-License-Identifier: GPL-3.0-or-later
// What a checkpoint keeps of a MomentOptimizer.
#include "core/optim/moment_optimizer.h"
#include "core/optim/state_copies.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

namespace luthier::optim {

std::vector<nn::NamedTensor> MomentOptimizer::named(bool withLeaves) const
{
    std::vector<nn::NamedTensor> all;
    for (const Slot& slot : m_slots) {
        for (std::size_t i = 0; i < m_moments.size(); ++i) {
            all.push_back({m_moments[i] + "." + slot.leaf.name, slot.moments[i]});
        }
        if (withLeaves || slot.hasMaster()) {
            all.push_back({kMaster + slot.leaf.name, slot.master});
        }
    }
    all.push_back({"step", m_step});
    return all;
}

std::vector<nn::NamedTensor> MomentOptimizer::state()
{
    if (m_pager) {
        m_pager->settle();
    }
    return named(/*withLeaves=*/false);
}

Result<void> MomentOptimizer::restore(const std::vector<nn::NamedTensor>& saved)
{
    const at::NoGradGuard noGrad;
    if (m_pager) {
        m_pager->settle();
    }
    auto copies = stateCopies(named(/*withLeaves=*/true), saved);
    if (!copies) {
        return copies.error();
    }
    for (Slot& slot : m_slots) {
        if (slot.hasMaster()) {
            slot.master.copy_(slot.leaf.tensor);
        }
    }
    for (auto& [target, source] : *copies) {
        target.copy_(source);
    }
    return {};
}

} // namespace luthier::optim
