// SPDX-License-Identifier: GPL-3.0-or-later
// PositionTables: rotary cosines and sines of one token of each of many texts, whose lengths differ. A text's frequencies
// are those that Rope takes for its length, the token included. Made once for all positions below a capacity and never
// replaced, so that work which reads them can be recorded. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/rope.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn {

class PositionTables {
public:
    PositionTables() = default; // no rotation
    PositionTables(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions, std::int64_t capacity,
                   at::Device device);

    bool exist() const { return m_cos.defined() || m_exponents.defined(); }
    // positions [n] int64, each the last of its text and below the capacity -> [n, R / 2] fp32. Nothing waits for a card.
    RopeTables at(const at::Tensor& positions) const;

private:
    RopeSettings m_rope;
    double m_dim = 0;
    double m_maxPositions = 0;
    std::int64_t m_border = 0; // texts longer than this have the table behind the first; 0: none
    std::int64_t m_rows = 0;
    at::Tensor m_cos; // [rows or 2 rows, R / 2]
    at::Tensor m_sin;
    at::Tensor m_exponents; // [R / 2] fp64: frequencies of each length (dynamic), computed
};

// Texts whose lengths have the same mark share frequencies, so that they can be read in one pass.
std::int64_t frequencyMark(const RopeSettings& rope, std::int64_t maxPositions, std::int64_t length);

// Whether a text of `length` tokens that gets one more changes frequencies for all that was read before (longrope, at its
// border): what is kept of it must be read again.
bool endsFrequencies(const RopeSettings& rope, std::int64_t length);

// The longest text that a model reads: its positions; with dynamic rope, which is made to go beyond them, `factor` times as many.
std::int64_t longestText(const DecoderConfig& config);

} // namespace luthier::nn
