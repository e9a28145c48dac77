// SPDX-License-Identifier: GPL-3.0-or-later
// LayerCheckpoint: activation checkpointing. A layer keeps its inputs and how its pass computes; the backward pass runs it
// again and takes the gradients of that second run. Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/shelf.h"
#include "core/nn/layers/active_layer.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace luthier::nn {

struct CheckpointedLayer {
    // Of tensors like `inputs`; twice. The second time nobody reads the output's numbers, only its history.
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs, bool again)> run;
    std::vector<at::Tensor> inputs; // the first is defined; others may be undefined
    std::vector<at::Tensor> leaves; // what `run` reads besides and may be trained
    std::shared_ptr<kernels::Shelf> shelf = {}; // where the first input is kept, which nobody else holds or changes; null: on the device
};

// Differentiable in inputs and leaves.
at::Tensor checkpointed(CheckpointedLayer layer);

// What a layer reads: the leaves of its projections, norms and bottlenecks.
void addLeaves(const ActiveLayer& layer, CheckpointedLayer& checkpoint);

} // namespace luthier::nn
