// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/adapter_set.h"

namespace luthier::nn {

const std::shared_ptr<const AdapterSet>& noAdapters()
{
    static const std::shared_ptr<const AdapterSet> none = std::make_shared<const AdapterSet>();
    return none;
}

const GroupAdapters& PassAdapters::of(const LinearGroup& group) const
{
    static const GroupAdapters none;
    if (!m_groups) {
        return group;
    }
    return m_groups->empty() ? none : (*m_groups)[group.index];
}

const at::Tensor& PassAdapters::now(const at::Tensor& base) const
{
    for (const Replacement& replacement : m_replacements) {
        if (replacement.slot == &base) {
            return replacement.copy;
        }
    }
    return base;
}

Norm PassAdapters::now(const Norm& base) const
{
    return {base.kind, base.eps, now(base.weight), now(base.bias)};
}

} // namespace luthier::nn
