// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/merged_leaves.h"

#include "core/nn/layers/linear_group.h"

#include <ATen/core/Tensor.h>

namespace luthier::optim {

void splitMerged(Optimizer& optimizer, nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves)
{
    Optimizer::Parts parts;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::NamedTensor& leaf : leaves) {
            const bool isWeight = group->weight.defined() && leaf.tensor.is_same(group->weight);
            const bool isBias = group->bias.defined() && leaf.tensor.is_same(group->bias);
            for (std::size_t i = 0; (isWeight || isBias) && group->slices.size() > 1 && i < group->slices.size(); ++i) {
                parts[leaf.name].emplace_back(group->slicePath(i) + (isWeight ? ".weight" : ".bias"), group->slices[i].size);
            }
        }
    }
    optimizer.split(parts);
}

} // namespace luthier::optim
