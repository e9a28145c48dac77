// SPDX-License-Identifier: GPL-3.0-or-later
// MethodSize: what a method would train of a model, counted on a decoder without memory: the method is attached to it as
// in a run, so the count is the run's. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/config/run_config.h"

#include <cstdint>

namespace luthier::train {

// Where the first thing trains, in the order in which a pass comes to it: what lies before is passed without being kept.
struct FirstTrained {
    enum class Part { Attention, Mlp, Behind }; // of the layer: from its beginning, from its MLP, behind both
    std::int64_t layer = 0;                     // as many as there are layers: behind them all
    Part part = Part::Attention;
};

struct MethodSize {
    std::int64_t trainedParameters = 0;
    std::int64_t totalParameters = 0;
    // Weights as they are held, gradients, moments and master copies: what is there before the first activation.
    std::int64_t leastMemoryBytes = 0;

    // Of which, in bytes:
    std::int64_t weightBytes = 0;
    std::int64_t adapterBytes = 0; // what the method adds, and the objective's heads
    std::int64_t gradientBytes = 0;
    std::int64_t stateBytes = 0;   // moments and master copies

    // What a pass keeps for each token because of the method, over all layers:
    std::int64_t lowRankColumns = 0; // numbers in the activations' dtype: inputs times A, and outputs that factors multiplied
    std::int64_t droppedInputs = 0;  // inputs under dropout, a byte each on a CPU
    std::int64_t virtualTokens = 0;  // in front of every row
    // Numbers in memory that quantised groups share, in the activations' dtype.
    std::int64_t sharedNumbers = 0;
    std::int64_t tableNumbers = 0; // of the head as a pass makes it, with what is trained beside it
    std::int64_t leafBytes = 0; // of what is trained, as it is held
    // Of weightBytes, what ranks can split between them, and of that the largest layer's.
    std::int64_t projectionBytes = 0;
    std::int64_t largestLayerBytes = 0;
    // Of weightBytes, codes of 8 bits beside numbers; ranks that split those make them of one layer at a time, at most so many.
    std::int64_t eightBitBytes = 0;
    std::int64_t largestEightBitBytes = 0;

    FirstTrained first = {};
    std::int64_t bottleneckNumbers = 0; // that a pass keeps for each token, over all layers, in the activations' dtype
    bool updatesMlp = false;            // low-rank updates stand in MLPs

    double trainedShare() const;
};

// Reads the model's configuration, no weights. Errors are those that the run would end with: a target that names no
// projection, a device that is not there, ...
Result<MethodSize> methodSize(const config::RunConfig& config);

} // namespace luthier::train
