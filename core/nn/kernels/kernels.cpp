// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/kernels.h"

#include "core/nn/kernels/cpu.h"
#include "core/nn/kernels/cuda.h"
#include "core/nn/kernels/token_losses.h"

#include <atomic>

namespace luthier::nn::kernels {

namespace {

std::atomic<bool> fusedOn{true};

enum class Place { None, Cpu, Cuda };

Place placeOf(const at::Tensor& x)
{
    if (!fusedOn.load(std::memory_order_relaxed) || x.numel() == 0) {
        return Place::None;
    }
    if (x.is_cpu()) {
        return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16 ? Place::Cpu : Place::None;
    }
    return x.is_cuda() && x.scalar_type() == at::kBFloat16 && cuda::isReady(x.device()) ? Place::Cuda : Place::None;
}

bool isLike(const at::Tensor& x, const at::Tensor& y)
{
    return y.scalar_type() == x.scalar_type() && y.device() == x.device() && y.is_contiguous();
}

// Rows of the last dimension without gaps, and a factor of the same kind.
bool isRms(const Rms& norm, const at::Tensor& x)
{
    return x.is_contiguous() && isLike(x, norm.weight) && norm.weight.numel() == x.size(-1);
}

} // namespace

void setFused(bool on)
{
    fusedOn = on;
}

bool isFused()
{
    return fusedOn;
}

at::Tensor rmsForward(const Rms& norm, const at::Tensor& x, Fp8Rows* rows)
{
    const Place place = placeOf(x);
    if (place == Place::None || !isRms(norm, x)) {
        return {};
    }
    return place == Place::Cpu ? cpu::rmsForward(norm, x) : cuda::rmsForward(norm, x, rows);
}

at::Tensor rmsBackward(const Rms& norm, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& add,
                       at::Tensor* dWeight, Fp8Rows* rows)
{
    const Place place = placeOf(x);
    if (place == Place::None || !isRms(norm, x) || !isLike(x, dy) || (add.defined() && !isLike(x, add))) {
        return {};
    }
    if (place == Place::Cuda) {
        return dWeight ? at::Tensor() : cuda::rmsBackward(norm, x, dy, add, rows);
    }
    return cpu::rmsBackward(norm, x, dy, add, dWeight);
}

bool rotate(const at::Tensor& from, const at::Tensor& to, const at::Tensor& cos, const at::Tensor& sin, int sign)
{
    const Place place = placeOf(to);
    const std::int64_t half = cos.size(-1);
    const bool whole = from.size(3) == 2 * half || from.data_ptr() == to.data_ptr();
    const bool tables = cos.dim() == 2 && cos.size(0) == from.size(1) && isLike(cos, sin) && cos.is_contiguous()
                        && cos.scalar_type() == at::kFloat && cos.device() == from.device();
    if (place == Place::None || !whole || !tables || from.scalar_type() != to.scalar_type() || from.stride(3) != 1
        || to.stride(3) != 1) {
        return false;
    }
    return place == Place::Cpu ? cpu::rotate(from, to, cos, sin, sign) : cuda::rotate(from, to, cos, sin, sign);
}

at::Tensor gatedForward(bool silu, const at::Tensor& x, Fp8Rows* rows)
{
    const Place place = placeOf(x);
    if (place == Place::None || !x.is_contiguous()) {
        return {};
    }
    return place == Place::Cpu ? cpu::gatedForward(silu, x) : cuda::gatedForward(silu, x, rows);
}

at::Tensor gatedBackward(bool silu, const at::Tensor& x, const at::Tensor& dy, Fp8Rows* rows)
{
    const Place place = placeOf(x);
    if (place == Place::None || !x.is_contiguous() || !isLike(x, dy)) {
        return {};
    }
    return place == Place::Cpu ? cpu::gatedBackward(silu, x, dy) : cuda::gatedBackward(silu, x, dy, rows);
}

Fp8Rows fp8Rows(const at::Tensor& x)
{
    return placeOf(x) == Place::Cuda && x.dim() == 2 && x.is_contiguous() ? cuda::fp8Rows(x) : Fp8Rows();
}

bool gatherHeads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out, const at::Tensor& cos,
                 const at::Tensor& sin, Fp8Rows* rows)
{
    const auto fits = [&](const at::Tensor& x) {
        return x.defined() && x.device() == out.device() && x.scalar_type() == out.scalar_type() && x.stride(3) == 1;
    };
    const auto isTable = [&](const at::Tensor& x) {
        return x.dim() == 2 && x.size(0) == q.size(2) && x.is_contiguous() && x.scalar_type() == at::kFloat && x.device() == out.device();
    };
    return placeOf(out) == Place::Cuda && out.is_contiguous() && fits(q) && fits(k) && fits(v)
           && (!cos.defined() || (isTable(cos) && isTable(sin))) && cuda::gatherHeads(q, k, v, out, cos, sin, rows);
}

at::Tensor tokenLosses(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights, const TokenLosses& of)
{
    const Place place = placeOf(logits);
    const bool areRows = place == Place::Cuda ? logits.stride(1) == 1 : logits.is_contiguous() && of.softcap == 0;
    if (place == Place::None || !areRows || targets.scalar_type() != at::kLong || targets.device() != logits.device()
        || !targets.is_contiguous()) {
        return {};
    }
    if (weights.defined()
        && (weights.scalar_type() != at::kFloat || weights.device() != logits.device() || !weights.is_contiguous())) {
        return {};
    }
    return place == Place::Cpu ? cpu::tokenLosses(logits, targets, weights, of.temperature, of.gradient)
                               : cuda::tokenLosses(logits, targets, weights, of);
}

bool knowsDropout(const at::Tensor& x)
{
    return placeOf(x) == Place::Cuda && x.is_contiguous() && cuda::knowsDropout(x);
}

at::Tensor dropped(const at::Tensor& x, const DropoutDraw& draw, double p)
{
    return cuda::dropped(x.contiguous(), draw, p);
}

void addDropped(const at::Tensor& target, const at::Tensor& x, const DropoutDraw& draw, double p)
{
    cuda::addDropped(target, x.contiguous(), draw, p);
}

at::Tensor rowProduct(const at::Tensor& x, const at::Tensor& weight)
{
    const bool known = weight.scalar_type() == at::kFloat || weight.scalar_type() == at::kBFloat16;
    if (!fusedOn.load(std::memory_order_relaxed) || x.size(0) != 1 || !known || x.scalar_type() != weight.scalar_type()
        || x.device() != weight.device() || !weight.is_contiguous()) {
        return {};
    }
    if (x.is_cpu()) {
        return cpu::rowProduct(x, weight);
    }
    return placeOf(x) == Place::Cuda ? cuda::rowProduct(x, weight) : at::Tensor();
}

bool dequantise(const quant::QuantisedWeight& weight, const at::Tensor& out)
{
    return placeOf(out) == Place::Cuda && out.is_contiguous() && weight.codes.device() == out.device()
           && cuda::dequantise(weight, out);
}

} // namespace luthier::nn::kernels
