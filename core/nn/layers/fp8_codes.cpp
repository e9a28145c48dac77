// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/fp8_codes.h"

#include "core/nn/kernels/unpack_fp8.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>

namespace luthier::nn {

namespace {

constexpr double kLargestE4m3 = 448; // of e4m3
constexpr std::int64_t kUnpackedSide = 64;

double largestNumberOf(const quant::QuantisedWeight& weight)
{
    const auto& table = quant::codeTable(weight.kind).values;
    const double most = std::max(std::abs(*std::max_element(table.begin(), table.end())), std::abs(*std::min_element(table.begin(), table.end())));
    return most * quant::absmaxOf(weight).abs().max().item<double>();
}

} // namespace

bool unpacksToFp8(const LinearGroup& group)
{
    return group.isQuantised() && !group.isReadBySlice() && group.buffer->memory.scalar_type() == at::kBFloat16
           && std::all_of(group.quantised.begin(), group.quantised.end(),
                          [](const quant::QuantisedWeight& weight) { return weight.rows % kUnpackedSide == 0 && weight.columns % kUnpackedSide == 0; });
}

void prepareFp8Codes(LinearGroup& group)
{
    double most = 0;
    for (const quant::QuantisedWeight& weight : group.quantised) {
        most = std::max(most, largestNumberOf(weight));
    }
    const double scale = most > 0 ? most / kLargestE4m3 : 1;
    group.fp8Scales = at::full({std::max(group.inputs(), group.outputs())}, scale, group.buffer->memory.options().dtype(at::kFloat));
    group.fp8Scale = scale;
}

Fp8Rows fp8CodesOf(const LinearGroup& group, bool across)
{
    const std::int64_t rows = across ? group.inputs() : group.outputs();
    const std::int64_t columns = across ? group.outputs() : group.inputs();
    const at::Tensor codes = group.buffer->memory.view(at::kFloat8_e4m3fn).narrow(0, 0, rows * columns).view({rows, columns});
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        const at::Tensor part = codes.narrow(across ? 1 : 0, group.slices[i].begin, group.slices[i].size);
        if (!kernels::unpackFp8(group.quantised[i], part, 1 / group.fp8Scale, across)) {
            const at::Tensor scaled = group.sliceWeight(i).to(at::kFloat) * (1 / group.fp8Scale);
            part.copy_((across ? scaled.t() : scaled).to(at::kFloat8_e4m3fn));
        }
    }
    return {codes, group.fp8Scales.narrow(0, 0, rows).unsqueeze(1)};
}

} // namespace luthier::nn
