// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/batch/position_tables.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

namespace luthier::nn {

namespace {

// As Rope makes its tables.
RopeTables tablesOf(const RopeFrequencies& made, std::int64_t rows)
{
    const std::vector<float> inverse(made.inverse.begin(), made.inverse.end());
    const at::Tensor angles = at::outer(at::arange(rows, at::kFloat), at::tensor(inverse));
    return {angles.cos().mul_(made.scale), angles.sin().mul_(made.scale)};
}

} // namespace

PositionTables::PositionTables(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions,
                               std::int64_t capacity, at::Device device)
    : m_rope(rope), m_dim(static_cast<double>(rotaryDim)), m_maxPositions(static_cast<double>(maxPositions)), m_rows(capacity)
{
    const at::NoGradGuard noGrad;
    if (rope.type == "dynamic" && capacity > maxPositions) {
        const at::Tensor places = at::arange(rotaryDim / 2, at::TensorOptions().dtype(at::kDouble));
        m_exponents = (places * (-2.0 / m_dim)).to(device);
        return;
    }
    RopeTables tables = tablesOf(ropeFrequencies(rope, rotaryDim, maxPositions, 1), capacity);
    if (rope.type == "longrope" && capacity > rope.originalMaxPositions) {
        m_border = rope.originalMaxPositions;
        const RopeTables longer = tablesOf(ropeFrequencies(rope, rotaryDim, maxPositions, m_border + 1), capacity);
        tables = {at::cat({tables.cos, longer.cos}), at::cat({tables.sin, longer.sin})};
    }
    m_cos = tables.cos.to(device);
    m_sin = tables.sin.to(device);
}

RopeTables PositionTables::at(const at::Tensor& positions) const
{
    if (m_exponents.defined()) {
        const at::Tensor lengths = (positions + 1).to(at::kDouble).clamp_min(m_maxPositions);
        const at::Tensor grown = lengths * (m_rope.factor / m_maxPositions) - (m_rope.factor - 1);
        const at::Tensor base = grown.pow(m_dim / (m_dim - 2)) * m_rope.theta;
        const at::Tensor inverse = base.unsqueeze(1).pow(m_exponents).to(at::kFloat);
        const at::Tensor angles = positions.to(at::kFloat).unsqueeze(1) * inverse;
        return {angles.cos(), angles.sin()};
    }
    const at::Tensor rows = m_border > 0 ? positions + positions.ge(m_border).to(at::kLong) * m_rows : positions;
    return {m_cos.index_select(0, rows), m_sin.index_select(0, rows)};
}

bool endsFrequencies(const RopeSettings& rope, std::int64_t length)
{
    return rope.type == "longrope" && length == rope.originalMaxPositions;
}

std::int64_t longestText(const DecoderConfig& config)
{
    const bool grows = config.rotaryDim > 0 && config.rope.type == "dynamic" && config.rope.factor > 1;
    return grows ? static_cast<std::int64_t>(static_cast<double>(config.maxPositions) * config.rope.factor) : config.maxPositions;
}

std::int64_t frequencyMark(const RopeSettings& rope, std::int64_t maxPositions, std::int64_t length)
{
    if (rope.type == "longrope") {
        return length > rope.originalMaxPositions ? 1 : 0;
    }
    return rope.type == "dynamic" && length > maxPositions ? length : 0;
}

} // namespace luthier::nn
