// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/activation.h"

#include "core/nn/kernels/kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>

namespace luthier::nn {

namespace {

at::Tensor act(Activation kind, const at::Tensor& gate)
{
    return kind == Activation::SiluGated ? at::silu(gate) : at::gelu(gate, "tanh");
}

} // namespace

at::Tensor activate(Activation kind, const at::Tensor& x, kernels::Fp8Rows* rows)
{
    if (kind == Activation::GeluTanh) {
        return at::gelu(x, "tanh");
    }
    if (at::Tensor y = kernels::gatedForward(kind == Activation::SiluGated, x, rows); y.defined()) {
        return y;
    }
    const std::int64_t size = x.size(1) / 2;
    return act(kind, x.narrow(1, 0, size)).mul_(x.narrow(1, size, size));
}

at::Tensor activateBackward(Activation kind, const at::Tensor& x, const at::Tensor& dy, kernels::Fp8Rows* rows)
{
    if (kind == Activation::GeluTanh) {
        return at::gelu_backward(dy, x, "tanh");
    }
    if (at::Tensor fused = kernels::gatedBackward(kind == Activation::SiluGated, x, dy, rows); fused.defined()) {
        return fused;
    }
    const std::int64_t size = x.size(1) / 2;
    const at::Tensor gate = x.narrow(1, 0, size);
    at::Tensor dx = at::empty_like(x);
    at::Tensor dGate = dx.narrow(1, 0, size);
    at::Tensor dUp = dx.narrow(1, size, size);
    at::mul_out(dUp, dy, x.narrow(1, size, size)); // holds the gradient of act(gate) until dGate is made of it
    if (kind == Activation::SiluGated) {
        at::silu_backward_out(dGate, dUp, gate);
    } else {
        dGate.copy_(at::gelu_backward(dUp, gate, "tanh"));
    }
    at::mul_out(dUp, act(kind, gate), dy);
    return dx;
}

} // namespace luthier::nn
