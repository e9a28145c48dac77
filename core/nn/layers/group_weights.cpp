// SPDX-License-Identifier: GPL-3.0-or-later
// What a LinearGroup's products are made of: its weight, or the numbers of its codes.
#include "core/nn/kernels/kernels.h"
#include "core/nn/layers/linear_group.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

namespace luthier::nn {

namespace {

void dequantiseInto(const quant::QuantisedWeight& weight, const at::Tensor& out)
{
    if (!kernels::dequantise(weight, out)) {
        quant::dequantise(weight, out);
    }
}

} // namespace

bool LinearGroup::multipliesFp8(std::int64_t rows) const
{
    return (isQuantised() ? fp8Scale > 0 : fp8.exists()) && rows >= kFewestFp8Rows;
}

at::Tensor LinearGroup::weightNow() const
{
    if (!isQuantised()) {
        return weight.detach();
    }
    const at::Tensor numbers = isReadBySlice()
                                   ? at::empty({outputs(), inputs()}, buffer->memory.options())
                                   : buffer->memory.narrow(0, 0, outputs() * inputs()).view({outputs(), inputs()});
    for (std::size_t i = 0; i < slices.size(); ++i) {
        dequantiseInto(quantised[i], numbers.narrow(0, slices[i].begin, slices[i].size));
    }
    return numbers;
}

bool LinearGroup::isReadBySlice() const
{
    return isQuantised() && outputs() * inputs() > buffer->together && slices.size() > 1;
}

std::int64_t LinearGroup::numbersAtOnce() const
{
    std::int64_t rows = isReadBySlice() ? 0 : outputs();
    for (const LinearSlice& slice : slices) {
        rows = std::max(rows, slice.size);
    }
    return rows * inputs();
}

at::Tensor LinearGroup::sliceNow(std::size_t slice) const
{
    const at::Tensor numbers
        = buffer->memory.narrow(0, 0, slices[slice].size * inputs()).view({slices[slice].size, inputs()});
    dequantiseInto(quantised[slice], numbers);
    return numbers;
}

at::Tensor LinearGroup::sliceWeight(std::size_t slice) const
{
    if (isQuantised()) {
        const at::Tensor numbers = at::empty({slices[slice].size, inputs()}, buffer->memory.options());
        dequantiseInto(quantised[slice], numbers);
        return numbers;
    }
    return weight.detach().narrow(0, slices[slice].begin, slices[slice].size);
}

at::Tensor LinearGroup::sliceBias(std::size_t slice) const
{
    return bias.defined() ? bias.detach().narrow(0, slices[slice].begin, slices[slice].size) : bias;
}

void LinearGroup::holdNumbers()
{
    weight = at::empty({outputs(), inputs()}, buffer->memory.options());
    quantised.clear();
    buffer.reset();
}

void LinearGroup::dequantise()
{
    if (isQuantised()) {
        const at::Tensor numbers = weightNow();
        holdNumbers();
        weight.copy_(numbers);
    }
}

} // namespace luthier::nn
