// SPDX-License-Identifier: GPL-3.0-or-later
// LinearGroup: projections that read the same input, computed as one product, with the low-rank adapters of its slices.
//   y = x W^T + b + sum over adapters of scale * (dropout(x) A^T) B^T, each B added into its slice.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
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
};

struct LinearGroup {
    std::string path;               // "model.layers.0.self_attn"
    at::Tensor weight;              // [out, in], all slices
    at::Tensor bias;                // [out] or undefined
    std::vector<LinearSlice> slices;
    std::vector<LowRank> adapters;  // several of one slice add up
    bool adaptersEnabled = true;
    bool training = false;

    std::string slicePath(std::size_t slice) const { return path + "." + slices[slice].name; }
    at::Tensor sliceWeight(std::size_t slice) const; // view [size, in]
    at::Tensor sliceBias(std::size_t slice) const;   // view [size] or undefined
};

} // namespace luthier::nn
