// SPDX-License-Identifier: GPL-3.0-or-later
// What a Decoder's passes count of what methods added, and sets of it taken out and put in.
#include "core/nn/decoder.h"

#include <utility>

namespace luthier::nn {

PassAdapters Decoder::adaptersOf(const Pass& pass) const
{
    return pass.adapters ? PassAdapters(*pass.adapters) : PassAdapters(m_extras, m_replacements);
}

ActiveLayer Decoder::active(std::size_t index, const Pass& pass) const
{
    const Layer& layer = m_layers[index];
    const PassAdapters adapters = adaptersOf(pass);
    const auto linear = [&](const LinearGroup& group) {
        ActiveLinear active(group, adapters.of(group));
        if (pass.training && pass.drops) {
            active.draw = kernels::DropoutDraw{pass.seed, pass.seedAt, group.index};
        }
        return active;
    };
    const auto behind = [&](const std::vector<Bottleneck>& layers) { return layers.empty() ? Bottleneck() : layers[index]; };
    return {adapters.now(layer.inputNorm),
            linear(layer.qkv),
            adapters.now(layer.queryNorm),
            adapters.now(layer.keyNorm),
            linear(layer.output),
            adapters.now(layer.attentionNorm),
            adapters.now(layer.mlpNorm),
            linear(layer.gateUp),
            linear(layer.down),
            adapters.now(layer.outputNorm),
            behind(adapters.extras().afterAttention),
            behind(adapters.extras().afterMlp)};
}

AdapterSet Decoder::takeAdapters()
{
    AdapterSet set;
    for (LinearGroup* group : groups()) {
        set.groups.push_back(std::exchange(static_cast<GroupAdapters&>(*group), {}));
    }
    set.extras = std::exchange(m_extras, {});
    set.replacements = std::exchange(m_replacements, {});
    return set;
}

void Decoder::giveAdapters(AdapterSet set)
{
    for (LinearGroup* group : groups()) {
        static_cast<GroupAdapters&>(*group) = set.groups.empty() ? GroupAdapters() : std::move(set.groups[group->index]);
    }
    m_extras = std::move(set.extras);
    m_replacements = std::move(set.replacements);
}

} // namespace luthier::nn
