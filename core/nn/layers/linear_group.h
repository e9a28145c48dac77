// SPDX-License-Identifier: GPL-3.0-or-later
// LinearGroup: projections that read the same input, computed as one product, with the low-rank adapters of its slices.
//   y = x W^T + b + sum over adapters of scale * (dropout(x) A^T) B^T, each B added into its slice.
// What else adapters change stands in linear_extras.cpp: DoRA's magnitudes, IA3's factors, biases of their own.
// A frozen weight may be quantised, each slice by itself: every pass makes its numbers again, in memory that all groups
// of a decoder share, so nothing of it is saved.
// Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/lanes.h"
#include "core/nn/kernels/low_rank.h"
#include "core/nn/layers/fp8_weight.h"
#include "core/quant/quantised_weight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
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
    at::Tensor bias = {}; // [out] of B (lora_bias): scale * bias is added to what the slice's own bias is; not beside a magnitude
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

// What adapters add to one group.
struct GroupAdapters {
    std::vector<LowRank> adapters;  // several of one slice add up
    std::vector<SliceFactor> factors;
    std::vector<SliceBias> biases;  // the rest of a group without a bias has none
};

// Its own adapters are those that methods attach and list; which ones a pass counts, the pass says (ActiveLinear).
struct LinearGroup : GroupAdapters {
    std::string path;               // "model.layers.0.self_attn"
    std::size_t index = 0;          // among Decoder::groups()
    at::Tensor weight;              // [out, in], all slices; undefined when quantised
    std::vector<quant::QuantisedWeight> quantised; // one a slice, or empty
    std::shared_ptr<WeightBuffer> buffer;          // of a quantised group
    at::Tensor bias;                // [out] or undefined
    std::vector<LinearSlice> slices;
    Fp8Weight fp8 = {};             // of `weight`, which is frozen then; none: products are made of its numbers
    double fp8Scale = 0;            // quantised: its codes are unpacked to 8-bit floats (fp8_codes.h); 0: to numbers
    at::Tensor fp8Scales = {};      // as often as there are rows or columns

    std::string slicePath(std::size_t slice) const { return path + "." + slices[slice].name; }
    bool isQuantised() const { return !quantised.empty(); }
    bool multipliesFp8(std::int64_t rows) const; // products of so many rows
    at::Tensor weightNow() const;                    // [out, in]; of a quantised group valid until the next group's
    bool isReadBySlice() const;                      // quantised, and too large for the numbers of all slices at once
    std::int64_t numbersAtOnce() const;              // elements that the buffer must have for this group
    at::Tensor sliceWeight(std::size_t slice) const; // view [size, in], or new numbers when quantised
    at::Tensor sliceBias(std::size_t slice) const;   // view [size] or undefined
    void holdNumbers();                              // memory for `weight` instead of codes, not filled
    at::Tensor sliceNow(std::size_t slice) const;    // as weightNow(), of one slice
    void dequantise();                               // `weight` holds the numbers from now on
    std::int64_t inputs() const { return isQuantised() ? quantised.front().columns : weight.size(1); }
    std::int64_t outputs() const { return slices.back().begin + slices.back().size; }
};

// A group's low-rank adapters in the activations' dtype.
struct LinearNumbers {
    at::Tensor a = {};              // [sum of ranks, in]: A of all adapters above each other
    std::vector<at::Tensor> b = {}; // each adapter's

    bool exists() const { return a.defined(); }
};

// A group as one pass computes it, by value: the adapters that count, as they are when the pass begins, and which inputs
// they drop. The group itself must outlive it.
struct ActiveLinear : GroupAdapters {
    const LinearGroup* base = nullptr;
    std::optional<kernels::DropoutDraw> draw = {}; // nothing is dropped without one
    LinearNumbers numbers = {}; // of its adapters, where they are made for all groups at once; else the products make them
    at::Tensor baseOnly = {};   // [N] bool, as Pass::baseOnly

    ActiveLinear() = default;
    explicit ActiveLinear(const LinearGroup& group) : ActiveLinear(group, group) {} // with its own adapters
    ActiveLinear(const LinearGroup& group, const GroupAdapters& added) : GroupAdapters(added), base(&group) {}

    double dropout() const { return draw && !adapters.empty() ? adapters.front().dropout : 0; }
};

// What the backward pass needs besides the input.
struct LinearSaved {
    at::Tensor a;    // [sum of ranks, in]: A of all adapters above each other, in the activations' dtype
    std::vector<at::Tensor> b; // each adapter's, in that dtype
    at::Tensor low;  // [N, sum of ranks]: dropout(x) A^T of all adapters side by side
    // [N, in] bool: inputs the adapters' dropout kept; undefined without dropout and where a card finds them again.
    at::Tensor kept;
    // For each magnitude, then each factor on an output: what was multiplied [N, size] and, for a magnitude, the norm.
    struct Scaled {
        at::Tensor before; // undefined when the multiplier is not trained
        at::Tensor norm;   // [size]
    };
    std::vector<Scaled> scaled;
};

// The leaves in the order in which linearBackward returns gradients: weight, bias, then each adapter's a and b,
// each magnitude, each factor, each slice's bias.
// Leaves that the pass does not use (no bias, no adapters) are left out.
std::vector<at::Tensor> leavesOf(const ActiveLinear& linear);

// x [N, in] -> [N, out]. Not recorded by autograd: callers are autograd nodes or run without gradients.
// `rows`: x in 8 bits, where whoever made x made them, too (wantsFp8).
// `apart`, where it is not null: low-rank updates may be left to whoever reads the output. Then it receives one a slice, and the output
// lacks them; it stays empty where they were added.
at::Tensor linearForward(const ActiveLinear& linear, const at::Tensor& x, LinearSaved* saved = nullptr, const Fp8Rows& rows = {},
                         kernels::LowTerms* apart = nullptr);
// The same updates again, from what was saved.
kernels::LowTerms lowTermsOf(const ActiveLinear& linear, const LinearSaved& saved);

// `rows` where a product with so many rows reads them, else null.
Fp8Rows* wantsFp8(const ActiveLinear& linear, std::int64_t count, Fp8Rows& rows);

// What linearForward saves, without its output: when a layer is computed again for its backward pass. False, and nothing
// done, where the output is needed for that.
bool linearSavedOnly(const ActiveLinear& linear, const at::Tensor& x, LinearSaved& saved);

// Gradient of x [N, in] (undefined when not wanted). Gradients of the leaves, as leavesOf orders them and undefined
// where a leaf does not require one, are appended to `leaves`; they are there when `lanes` is joined. `input` gives x, and is asked at most
// once, and only where a leaf needs it (see needsInput) or adapters change more than low-rank updates do.
at::Tensor linearBackward(const ActiveLinear& linear, const std::function<at::Tensor()>& input, const at::Tensor& dy, const LinearSaved& saved,
                          bool wantInput, std::vector<at::Tensor>& leaves, kernels::Lanes& lanes, const Fp8Rows& dyRows = {});

// The backward pass in two parts, for whoever adds the low-rank part of the input's gradient in passing, and makes the input again
// meanwhile: nothing but low-rank updates changes or trains there, and they are known to fitsLow().
struct LinearHalf {
    at::Tensor dx;                // without what `below` adds
    kernels::LowBelow below = {};
    std::vector<at::Tensor> gradB = {};
};
// Nothing: it goes in one part alone.
std::optional<LinearHalf> linearBackwardHalf(const ActiveLinear& linear, const at::Tensor& dy, const LinearSaved& saved, kernels::Lanes& lanes,
                                             const Fp8Rows& dyRows = {});
// `x`: as the updates saw it (LowBelow). Appends what linearBackward does.
void linearBackwardRest(const ActiveLinear& linear, const at::Tensor& x, const LinearHalf& half, std::vector<at::Tensor>& leaves, kernels::Lanes& lanes);

// Whether the backward pass reads the input: some trained leaf is multiplied by it.
bool needsInput(const ActiveLinear& linear);

} // namespace luthier::nn
