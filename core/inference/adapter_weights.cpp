// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/adapter_weights.h"

#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_folder.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace luthier::inference {

Result<void> AdapterWeights::attach(nn::Decoder& decoder, const std::vector<AdapterSpec>& adapters, const std::string& baseFingerprint)
{
    std::map<nn::LinearGroup*, std::size_t> seen;
    for (const AdapterSpec& adapter : adapters) {
        // A weight of 0 would lose the adapter's own scale.
        const double weight = adapter.weight == 0 ? 1 : adapter.weight;
        if (auto attached = peft::attachAdapter(decoder, adapter.path, weight, baseFingerprint); !attached) {
            return attached;
        }
        for (nn::LinearGroup* group : decoder.groups()) {
            for (std::size_t& i = seen[group]; i < group->adapters.size(); ++i) {
                m_updates.push_back({group, i, m_weights.size(), group->adapters[i].scale / weight});
            }
        }
        m_weights.push_back(weight);
    }
    m_isPlain = !peft::carriesMoreThanLora(decoder);
    std::vector<double> wanted;
    std::transform(adapters.begin(), adapters.end(), std::back_inserter(wanted), [](const AdapterSpec& a) { return a.weight; });
    return set(wanted);
}

Result<void> AdapterWeights::set(const std::vector<double>& weights)
{
    if (weights.size() != m_weights.size()) {
        return Error{std::to_string(weights.size()) + " weights were given for " + std::to_string(m_weights.size()) + " adapters"};
    }
    if (weights == m_weights) {
        return {};
    }
    if (!m_isPlain) {
        return Error{"only plain LoRA adapters can be weighed; this one counts with the weight 1"};
    }
    if (!std::all_of(weights.begin(), weights.end(), [](double weight) { return std::isfinite(weight); })) {
        return Error{"an adapter's weight must be a finite number"};
    }
    for (const Update& update : m_updates) {
        update.group->adapters[update.index].scale = update.scale * weights[update.adapter];
    }
    m_weights = weights;
    return {};
}

} // namespace luthier::inference
