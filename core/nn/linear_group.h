// SPDX-License-Identifier: GPL-3.0-or-later
// LinearGroup: projections that read the same input, computed as one product, with the low-rank adapters of its slices.
//   y = x W^T + b + sum over adapters of scale * (dropout(x) A^T) B^T, each B added into its slice.
// What else adapters change stands in linear_extras.cpp: DoRA's magnitudes, IA3's factors, biases of their own.
// A frozen weight may be quantised, each slice by itself: every pass makes its numbers again, in memory that all groups
// of a decoder share, so nothing of it is saved.
// Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"
#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::nn {

struct LinearSlice {
    std::string name;        // "q_proj"
    std::int64_t begin = 0;  // first output row
    std::int64_t size = 0;   // output rows
};

// A low-rank update of one slice. A [r, in], B [out, r]; leaves when trained. Usually fp32 or the model's dtype.
struct LowRank {
    std::size_t slice = 0;   // index into slices
    at::Tensor a;
    at::Tensor b;
    double scale = 1;        // alpha / r, times the adapter's weight
    double dropout = 0;      // while training
    // DoRA: [out] fp32; the slice becomes b + magnitude / |W + scale B A| (by rows, a constant) times the rest.
    // Then the slice has this adapter alone.
    at::Tensor magnitude = {};
};

// IA3: the slice's output (bias included) or, in a group of one slice, the input is multiplied by `factor`.
struct SliceFactor {
    std::size_t slice = 0;
    at::Tensor factor;       // [size], or [in] on the input
    bool onInput = false;
};

// Stands in for the base's bias of a slice.
struct SliceBias {
    std::size_t slice = 0;
    at::Tensor bias;         // [size]
};

// Where the numbers of quantised weights go, one group's at a time.
struct WeightBuffer {
    at::Tensor memory; // flat, as large as the largest group asks, in the activations' dtype
    // Elements up to which a group's slices are made together: a model of 65B needs a third of a GB less this way, and
    // products as large as these lose nothing by being cut.
    std::int64_t together = std::int64_t{1} << 27;
};

struct LinearGroup {
    std::string path;               // "model.layers.0.self_attn"
    at::Tensor weight;              // [out, in], all slices; undefined when quantised
    std::vector<quant::QuantisedWeight> quantised; // one a slice, or empty
    std::shared_ptr<WeightBuffer> buffer;          // of a quantised group
    at::Tensor bias;                // [out] or undefined
    std::vector<LinearSlice> slices;
    std::vector<LowRank> adapters;  // several of one slice add up
    std::vector<SliceFactor> factors;
    std::vector<SliceBias> biases;  // where the group has a bias
    bool adaptersEnabled = true;
    bool training = false;

    std::string slicePath(std::size_t slice) const { return path + "." + slices[slice].name; }
    bool isQuantised() const { return !quantised.empty(); }
    at::Tensor weightNow() const;                    // [out, in]; of a quantised group valid until the next group's
    bool isReadBySlice() const;                      // quantised, and too large for the numbers of all slices at once
    std::int64_t numbersAtOnce() const;              // elements that the buffer must have for this group
    at::Tensor sliceWeight(std::size_t slice) const; // view [size, in], or new numbers when quantised
    at::Tensor sliceBias(std::size_t slice) const;   // view [size] or undefined
    void holdNumbers();                              // memory for `weight` instead of codes, not filled
    at::Tensor sliceNow(std::size_t slice) const;    // as weightNow(), of one slice
    void dequantise();                               // `weight` holds the numbers from now on
    bool usesAdapters() const { return adaptersEnabled && !adapters.empty(); }
    bool usesFactors() const { return adaptersEnabled && !factors.empty(); }
    bool usesBiases() const { return adaptersEnabled && !biases.empty(); }
    std::int64_t inputs() const { return isQuantised() ? quantised.front().columns : weight.size(1); }
    std::int64_t outputs() const { return slices.back().begin + slices.back().size; }
};

// What the backward pass needs besides the input.
struct LinearSaved {
    at::Tensor a;    // [sum of ranks, in]: A of all adapters above each other, in the activations' dtype
    std::vector<at::Tensor> b; // each adapter's, in that dtype
    at::Tensor low;  // [N, sum of ranks]: dropout(x) A^T of all adapters side by side
    at::Tensor kept; // [N, in] bool: inputs the adapters' dropout kept; undefined without dropout
    std::optional<kernels::DropoutDraw> draw = {}; // instead of it, where a card draws them again
    // For each magnitude, then each factor on an output: what was multiplied [N, size] and, for a magnitude, the norm.
    struct Scaled {
        at::Tensor before; // undefined when the multiplier is not trained
        at::Tensor norm;   // [size]
    };
    std::vector<Scaled> scaled;
};

// The leaves in the order in which linearBackward returns gradients: weight, bias, then each adapter's a and b,
// each magnitude, each factor, each slice's bias.
// Leaves that are not used now (no bias, adapters off) are left out.
std::vector<at::Tensor> leavesOf(const LinearGroup& group);

// x [N, in] -> [N, out]. Not recorded by autograd: callers are autograd nodes or run without gradients.
at::Tensor linearForward(const LinearGroup& group, const at::Tensor& x, LinearSaved* saved = nullptr);

// What linearForward saves, without its output: when a layer is computed again for its backward pass. False, and nothing
// done, where the output is needed for that.
bool linearSavedOnly(const LinearGroup& group, const at::Tensor& x, LinearSaved& saved);

// Gradient of x [N, in] (undefined when not wanted). Gradients of the leaves, as leavesOf orders them and undefined
// where a leaf does not require one, are appended to `leaves`. `x` may be undefined when no leaf needs it (see needsInput).
at::Tensor linearBackward(const LinearGroup& group, const at::Tensor& x, const at::Tensor& dy,
                          const LinearSaved& saved, bool wantInput, std::vector<at::Tensor>& leaves);

// Whether the backward pass reads the input: some trained leaf is multiplied by it.
bool needsInput(const LinearGroup& group);

} // namespace luthier::nn
