// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/fp8_weight.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_mm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace luthier::nn {

namespace {

constexpr double kLargest = 448;       // of e4m3
constexpr std::int64_t kSixteen = 16;  // a row's codes that the card reads at once

struct Left {
    at::Tensor of = {};
    Fp8Rows rows = {};
    std::uint32_t version = 0; // of the tensor, which may be added to in place
};
thread_local Left left;

} // namespace

Fp8Rows fp8Rows(const at::Tensor& x)
{
    if (Fp8Rows made = kernels::fp8Rows(x); made.exists()) {
        return made;
    }
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor top = wide.abs().amax(-1, true);
    const at::Tensor one = at::ones({}, top.options());
    const at::Tensor inverse = at::where(top > 0, one * kLargest / top, one);
    return {(wide * inverse).to(at::kFloat8_e4m3fn), at::where(top > 0, top / kLargest, one)};
}

Fp8Weight fp8WeightOf(const at::Tensor& weight)
{
    const at::Tensor numbers = weight.detach();
    return {fp8Rows(numbers), fp8Rows(numbers.t().contiguous())};
}

at::Tensor fp8Product(const Fp8Rows& x, const Fp8Rows& weight, const at::Tensor& bias)
{
    if (x.codes.is_cuda()) {
        return at::_scaled_mm(x.codes, weight.codes.t(), x.scales, weight.scales.view({1, -1}),
                              bias.defined() ? std::optional(bias) : std::nullopt, std::nullopt, at::kBFloat16, true);
    }
    const at::Tensor sums = at::mm(x.codes.to(at::kFloat), weight.codes.to(at::kFloat).t());
    const at::Tensor y = sums.mul_(x.scales).mul_(weight.scales.view({1, -1}));
    return (bias.defined() ? y + bias : y).to(at::kBFloat16);
}

Result<void> checkFp8(at::Device device)
{
    const Error refusal{"this device multiplies no 8-bit floats (NVIDIA cards do from compute capability 8.9 on); "
                        "leave model.frozen_dtype to auto"};
    if (!device.is_cuda()) {
        return refusal;
    }
    try {
        const at::Tensor one = at::ones({kFewestFp8Rows, kSixteen}, at::TensorOptions().device(device).dtype(at::kBFloat16));
        const at::Tensor product = fp8Product(fp8Rows(one), fp8Rows(one.narrow(0, 0, kSixteen)));
        return product.to(at::kFloat).sum().item<float>() == kFewestFp8Rows * kSixteen * kSixteen ? Result<void>() : refusal;
    } catch (const std::exception&) {
        return refusal;
    }
}

void leaveFp8Rows(const at::Tensor& of, Fp8Rows rows)
{
    left = {of, std::move(rows), static_cast<std::uint32_t>(of._version())};
}

Fp8Rows takeFp8Rows(const at::Tensor& of)
{
    const Left taken = std::exchange(left, {});
    const bool same = taken.of.defined() && of.defined() && taken.of.const_data_ptr() == of.const_data_ptr()
                      && taken.of.sizes().equals(of.sizes()) && taken.of.strides().equals(of.strides())
                      && static_cast<std::uint32_t>(taken.of._version()) == taken.version;
    return same ? taken.rows : Fp8Rows();
}

} // namespace luthier::nn
