// SPDX-License-Identifier: GPL-3.0-or-later
// What a checkpoint keeps of a MomentOptimizer.
#include "core/optim/moment_optimizer.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <map>

namespace luthier::optim {

namespace {

const std::string kMaster = "master.";

std::string shapeText(at::IntArrayRef shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

} // namespace

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
    std::map<std::string, at::Tensor> byName;
    for (const auto& [name, tensor] : saved) {
        byName[name] = tensor;
    }
    std::vector<std::pair<at::Tensor, at::Tensor>> copies; // target, source
    for (const auto& [name, tensor] : named(/*withLeaves=*/true)) {
        const auto found = byName.find(name);
        const bool isMaster = name.starts_with(kMaster);
        if (found == byName.end() && !isMaster) {
            return Error{"the optimizer's \"" + name + "\" is missing; the checkpoint belongs to another setup"};
        }
        if (found != byName.end() && !found->second.sizes().equals(tensor.sizes())) {
            return Error{"the optimizer's \"" + name + "\" is " + shapeText(found->second.sizes()) + ", expected "
                         + shapeText(tensor.sizes()) + "; the checkpoint belongs to another setup"};
        }
        if (found != byName.end()) {
            copies.emplace_back(tensor, found->second);
            byName.erase(found);
        }
    }
    if (!byName.empty()) {
        return Error{"the optimizer has no \"" + byName.begin()->first
                     + "\"; the checkpoint belongs to another setup"};
    }
    for (Slot& slot : m_slots) {
        if (slot.hasMaster()) {
            slot.master.copy_(slot.leaf.tensor);
        }
    }
    for (auto& [target, source] : copies) {
        target.copy_(source);
    }
    return {};
}

} // namespace luthier::optim
