// SPDX-License-Identifier: GPL-3.0-or-later
// Rope: tables of cosines and sines for rotary positions, and the rotation itself (half-split form):
//   [x1, x2] -> [x1 cos - x2 sin, x2 cos + x1 sin] over the first R dimensions of a head; the rest passes through.
// Internal to core: names torch types.
#pragma once

#include "core/nn/families/decoder_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::nn {

// Inverse frequencies [R / 2], as transformers computes them, for a text of `length` tokens in all, and the factor on
// cos and sin. Types whose frequencies do not depend on the length ignore it.
struct RopeFrequencies {
    std::vector<double> inverse;
    double scale = 1;
};
RopeFrequencies ropeFrequencies(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions,
                                std::int64_t length);

struct RopeTables {
    at::Tensor cos; // [..., R / 2] fp32
    at::Tensor sin;
};

// Tables grow as longer texts come: others then stand in their place, and who kept the old ones still has their memory.
// Types whose frequencies change beyond a border (longrope, dynamic) have tables of their own for texts beyond it.
class Rope {
public:
    Rope() = default;
    Rope(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions, at::Device device);

    // Makes tables for texts of up to `length` tokens, so that none of these has to.
    void reserve(std::int64_t length);
    // What rows() and at() of a text of `length` tokens in all read, [at least length, R / 2]; made where it is missing.
    const RopeTables& whole(std::int64_t length);

    // Rows [first, first + count) of the tables, for a text of first + count tokens.
    RopeTables rows(std::int64_t first, std::int64_t count);
    // Rows at `positions` [N] int64 on the device; every one below `length`.
    RopeTables at(const at::Tensor& positions, std::int64_t length);

private:
    struct Made {
        RopeTables tables;        // [prepared, R / 2]
        std::int64_t length = 0;  // of the text whose frequencies they hold, where each length has its own
    };

    RopeSettings m_rope;
    std::int64_t m_rotaryDim = 0;
    std::int64_t m_maxPositions = 0;
    at::Device m_device = at::kCPU;
    Made m_usual;
    Made m_beyond; // the border
};

// Rotates x [B, T, heads, D] in place; tables' rows broadcast over B: [T, R / 2] or [B * T, R / 2] with B = 1.
// `sign` -1 turns back, which is the backward pass.
void rotate(const at::Tensor& x, const RopeTables& tables, int sign);

// The same from one tensor to another of the same shape, x's dtype and device.
void rotateInto(const at::Tensor& to, const at::Tensor& x, const RopeTables& tables, int sign);

} // namespace luthier::nn
