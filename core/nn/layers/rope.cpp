// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/rope.h"

#include "core/nn/kernels/kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/outer.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace luthier::nn {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr std::int64_t kFirstRows = 2048;

struct Request {
    const RopeSettings& rope;
    std::int64_t dim;
    std::int64_t maxPositions;
    std::int64_t length;
};

RopeFrequencies plain(double theta, std::int64_t dim, double factor)
{
    RopeFrequencies result;
    for (std::int64_t j = 0; j < dim / 2; ++j) {
        result.inverse.push_back(std::pow(theta, -2.0 * static_cast<double>(j) / static_cast<double>(dim)) / factor);
    }
    return result;
}

RopeFrequencies usual(const Request& r)
{
    return plain(r.rope.theta, r.dim, 1);
}

RopeFrequencies linear(const Request& r)
{
    return plain(r.rope.theta, r.dim, r.rope.factor);
}

// NTK: a larger base once the text is longer than what the model was trained on.
RopeFrequencies dynamic(const Request& r)
{
    const double n = static_cast<double>(r.maxPositions);
    const double s = std::max(static_cast<double>(r.length), n);
    const double d = static_cast<double>(r.dim);
    const double grown = r.rope.factor * s / n - (r.rope.factor - 1);
    return plain(r.rope.theta * std::pow(grown, d / (d - 2)), r.dim, 1);
}

RopeFrequencies llama3(const Request& r)
{
    RopeFrequencies result = usual(r);
    const double original = static_cast<double>(r.rope.originalMaxPositions);
    for (double& inverse : result.inverse) {
        const double length = 2 * kPi / inverse;
        if (length > original / r.rope.lowFreqFactor) {
            inverse /= r.rope.factor;
        } else if (length >= original / r.rope.highFreqFactor) {
            const double smooth = (original / length - r.rope.lowFreqFactor)
                                  / (r.rope.highFreqFactor - r.rope.lowFreqFactor);
            inverse = (1 - smooth) * inverse / r.rope.factor + smooth * inverse;
        }
    }
    return result;
}

RopeFrequencies yarn(const Request& r)
{
    RopeFrequencies result = usual(r);
    const double dim = static_cast<double>(r.dim);
    const double original = static_cast<double>(r.rope.originalMaxPositions);
    const auto correction = [&](double rotations) {
        return dim * std::log(original / (rotations * 2 * kPi)) / (2 * std::log(r.rope.theta));
    };
    const double low = std::max(std::floor(correction(r.rope.betaFast)), 0.0);
    double high = std::min(std::ceil(correction(r.rope.betaSlow)), dim - 1);
    high += low == high ? 0.001 : 0;
    for (std::size_t j = 0; j < result.inverse.size(); ++j) {
        const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
        result.inverse[j] = result.inverse[j] / r.rope.factor * ramp + result.inverse[j] * (1 - ramp);
    }
    result.scale = r.rope.attentionFactor > 0 ? r.rope.attentionFactor
                   : r.rope.factor > 1        ? 0.1 * std::log(r.rope.factor) + 1
                                              : 1;
    return result;
}

RopeFrequencies longrope(const Request& r)
{
    RopeFrequencies result = usual(r);
    const auto& factors = r.length > r.rope.originalMaxPositions ? r.rope.longFactor : r.rope.shortFactor;
    for (std::size_t j = 0; j < result.inverse.size(); ++j) {
        result.inverse[j] /= factors[j];
    }
    const double original = static_cast<double>(r.rope.originalMaxPositions);
    result.scale = r.rope.attentionFactor > 0 ? r.rope.attentionFactor
                   : r.rope.factor > 1        ? std::sqrt(1 + std::log(r.rope.factor) / std::log(original))
                                              : 1;
    return result;
}

// How frequencies change with the length of the text.
enum class ByLength {
    Never,
    AtBorder, // one set up to a border, another beyond
    Beyond,   // another set for each length beyond a border
};

struct RopeType {
    const char* name;
    ByLength change;
    RopeFrequencies (*make)(const Request& request);
};

constexpr RopeType kTypes[] = {
    {"default", ByLength::Never, usual}, {"linear", ByLength::Never, linear}, {"dynamic", ByLength::Beyond, dynamic},
    {"llama3", ByLength::Never, llama3}, {"yarn", ByLength::Never, yarn},     {"longrope", ByLength::AtBorder, longrope},
};

const RopeType& typeOf(const RopeSettings& rope)
{
    for (const RopeType& type : kTypes) {
        if (rope.type == type.name) {
            return type;
        }
    }
    return kTypes[0]; // the reader of config.json refuses others
}

// longrope and dynamic change only beyond it, so most texts share one table.
std::int64_t borderOf(const RopeSettings& rope, std::int64_t maxPositions)
{
    return rope.type == "longrope" ? rope.originalMaxPositions : maxPositions;
}

// At least `length` rows.
RopeTables tablesOf(const RopeFrequencies& made, std::int64_t length, at::Device device)
{
    std::int64_t rows = kFirstRows;
    while (rows < length) {
        rows *= 2;
    }
    // The reference computes powers and angles in fp32; frequencies from doubles, rounded once, differ by no more than
    // its own rounding.
    std::vector<float> inverse(made.inverse.begin(), made.inverse.end());
    const at::Tensor frequencies = at::from_blob(inverse.data(), {static_cast<std::int64_t>(inverse.size())}, at::kFloat);
    const at::Tensor angles = at::outer(at::arange(rows, at::kFloat), frequencies);
    return {angles.cos().mul_(made.scale).to(device), angles.sin().mul_(made.scale).to(device)};
}

} // namespace

RopeFrequencies ropeFrequencies(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions,
                                std::int64_t length)
{
    return typeOf(rope).make({rope, rotaryDim, maxPositions, length});
}

Rope::Rope(const RopeSettings& rope, std::int64_t rotaryDim, std::int64_t maxPositions, at::Device device)
    : m_rope(rope), m_rotaryDim(rotaryDim), m_maxPositions(maxPositions), m_device(device)
{
}

void Rope::reserve(std::int64_t length)
{
    whole(std::min(length, borderOf(m_rope, m_maxPositions)));
    whole(length);
}

const RopeTables& Rope::whole(std::int64_t length)
{
    const RopeType& type = typeOf(m_rope);
    const std::int64_t border = borderOf(m_rope, m_maxPositions);
    const bool isBeyond = type.change != ByLength::Never && length > border;
    const std::int64_t exact = isBeyond && type.change == ByLength::Beyond ? length : 0;
    Made& made = isBeyond ? m_beyond : m_usual;
    if (!made.tables.cos.defined() || made.tables.cos.size(0) < length || made.length != exact) {
        const at::NoGradGuard noGrad;
        made = {tablesOf(ropeFrequencies(m_rope, m_rotaryDim, m_maxPositions, isBeyond ? length : std::min(length, border)),
                         length, m_device),
                exact};
    }
    return made.tables;
}

RopeTables Rope::rows(std::int64_t first, std::int64_t count)
{
    const RopeTables& tables = whole(first + count);
    return {tables.cos.narrow(0, first, count), tables.sin.narrow(0, first, count)};
}

RopeTables Rope::at(const at::Tensor& positions, std::int64_t length)
{
    const RopeTables& tables = whole(length);
    return {tables.cos.index_select(0, positions), tables.sin.index_select(0, positions)};
}

void rotate(const at::Tensor& x, const RopeTables& tables, int sign)
{
    if (kernels::rotate(x, x, tables.cos, tables.sin, sign)) {
        return;
    }
    const std::int64_t half = tables.cos.size(-1);
    const at::Tensor cos = tables.cos.unsqueeze(1); // [T, 1, R / 2] over heads
    const at::Tensor sin = tables.sin.unsqueeze(1);
    at::Tensor first = x.narrow(-1, 0, half);
    at::Tensor second = x.narrow(-1, half, half);
    const at::Tensor a = (first * cos).addcmul_(second, sin, -sign); // fp32: the tables are
    const at::Tensor b = (second * cos).addcmul_(first, sin, sign);
    first.copy_(a);
    second.copy_(b);
}

void rotateInto(const at::Tensor& to, const at::Tensor& x, const RopeTables& tables, int sign)
{
    if (!kernels::rotate(x, to, tables.cos, tables.sin, sign)) {
        to.copy_(x);
        rotate(to, tables, sign);
    }
}

} // namespace luthier::nn
