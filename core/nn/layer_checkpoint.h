// SPDX-License-Identifier: GPL-3.0-or-later
// LayerCheckpoint: activation checkpointing. A layer keeps its inputs alone; the backward pass runs it again, from the same
// state of the random generator, and takes the gradients of that second run. Internal to core: names torch types.
#pragma once

#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace luthier::nn {

struct CheckpointedLayer {
    // Of tensors like `inputs`; twice. The second time nobody reads the output's numbers, only its history.
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs, bool again)> run;
    std::vector<at::Tensor> inputs; // the first is defined; others may be undefined
    std::vector<at::Tensor> leaves; // what `run` reads besides and may be trained
    bool draws = false;             // `run` draws from the default generator of the first input's device
};

// Differentiable in inputs and leaves.
at::Tensor checkpointed(CheckpointedLayer layer);

// What a layer reads: its projections' and norms' leaves, and those of the extras at its index.
void addLeaves(const Layer& layer, CheckpointedLayer& checkpoint);
void addLeaves(const Extras& extras, std::size_t index, CheckpointedLayer& checkpoint);

} // namespace luthier::nn
