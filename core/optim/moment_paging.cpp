// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/moment_optimizer.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>

namespace luthier::optim {

bool MomentOptimizer::pageOut()
{
    if (m_pager || m_paging == "off" || !hasState()) {
        return false;
    }
    const at::NoGradGuard noGrad;
    std::vector<std::int64_t> sizes;
    bool masters = false;
    for (const Slot& slot : m_slots) {
        sizes.push_back(slot.leaf.tensor.numel());
        masters = masters || slot.leaf.tensor.scalar_type() != at::kFloat;
    }
    // Room for the pages on the device comes from the state, which leaves it one leaf after the other.
    std::vector<std::vector<at::Tensor>> states;
    for (Slot& slot : m_slots) {
        const bool widened = slot.leaf.tensor.scalar_type() != at::kFloat;
        const at::Tensor master = slot.master.defined() ? slot.master : slot.leaf.tensor;
        slot.moments.resize(m_moments.size()); // none yet: the device had no room
        states.push_back({});
        for (at::Tensor& moment : slot.moments) {
            states.back().push_back(moment.defined() ? moment.to(at::kCPU).flatten() : at::Tensor());
            moment.reset();
        }
        if (widened) {
            states.back().push_back(master.detach().to(at::kCPU).to(at::kFloat).flatten());
            slot.master.reset();
        } else {
            slot.master = slot.leaf.tensor;
        }
    }
    if (!m_step.is_cpu()) {
        // What the state held lies in the allocator's cache, where the card's libraries cannot take it.
        c10::getDeviceAllocator(m_step.device().type())->emptyCache();
    }
    m_pager = std::make_unique<StatePager>(sizes, m_moments.size() + (masters ? 1 : 0), m_step.device(), m_pageElements);
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        for (std::size_t kind = 0; kind < states[i].size(); ++kind) {
            const at::Tensor place = m_pager->stateOf(i, kind);
            if (states[i][kind].defined()) {
                place.copy_(states[i][kind]);
            }
            at::Tensor& part = kind < m_moments.size() ? slot.moments[kind] : slot.master;
            part = place.view(slot.leaf.tensor.sizes());
        }
    }
    return true;
}

} // namespace luthier::optim
