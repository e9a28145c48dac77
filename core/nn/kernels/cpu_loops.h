// SPDX-License-Identifier: GPL-3.0-or-later
// CpuLoops: the inner loops of the fused CPU kernels over plain memory, one thread, compiled for several instruction
// sets of which the machine's best is taken when the program starts. Numbers are fp32 or bfloat16 (its bits); what is
// computed of them is fp32 and rounded once, where it is written. Knows no torch.
#pragma once

#include <cstdint>

namespace luthier::nn::kernels {

// RMSNorm of `rows` rows of n: y = x / sqrt(mean(x^2) + eps) * (w + shift); shift is 0 or 1.
template <class T>
struct RmsRows {
    const T* x;
    const T* w;
    std::int64_t rows;
    std::int64_t n;
    float eps;
    float shift;
};
void rmsForwardRows(const RmsRows<float>& in, float* y);
void rmsForwardRows(const RmsRows<std::uint16_t>& in, std::uint16_t* y);
// dx of dy, plus `add` where it is not null; dWeight [n], where it is not null, is added to.
void rmsBackwardRows(const RmsRows<float>& in, const float* dy, const float* add, float* dx, float* dWeight);
void rmsBackwardRows(const RmsRows<std::uint16_t>& in, const std::uint16_t* dy, const std::uint16_t* add, std::uint16_t* dx, float* dWeight);

// Rotates `heads` heads of one token, `stride` apart: [a, b] -> [a cos - b sin, b cos + a sin].
void rotateHeads(const float* from, std::int64_t fromStride, float* to, std::int64_t toStride, std::int64_t heads,
                 const float* cos, const float* sin, std::int64_t half, float sign);
void rotateHeads(const std::uint16_t* from, std::int64_t fromStride, std::uint16_t* to, std::int64_t toStride, std::int64_t heads,
                 const float* cos, const float* sin, std::int64_t half, float sign);

// gate and up of `rows` rows [2n] -> act(gate) * up [n].
void gatedForwardRows(const float* x, float* y, std::int64_t rows, std::int64_t n, bool silu);
void gatedForwardRows(const std::uint16_t* x, std::uint16_t* y, std::int64_t rows, std::int64_t n, bool silu);
void gateRange(const float* gate, const float* up, float* y, std::int64_t n, bool silu); // the same of one range
void gatedBackwardRows(const float* x, const float* dy, float* dx, std::int64_t rows, std::int64_t n, bool silu);
void gatedBackwardRows(const std::uint16_t* x, const std::uint16_t* dy, std::uint16_t* dx, std::int64_t rows, std::int64_t n, bool silu);

struct LossTerms {
    float weight;  // of the row in the gradient
    float inverse; // of the temperature
    bool gradient;
};
// -ln p(target) of a row of logits * inverse; they become (softmax - one-hot) * weight * inverse when `gradient`, and are
// spent otherwise. A negative target gives 0.
float lossRow(float* logits, std::int64_t n, std::int64_t target, const LossTerms& terms);

// Philox' key and the first half of its counter; see DropoutDraw.
struct DropoutKey {
    std::uint64_t seed = 0;
    std::uint64_t place = 0;
};
// Values [begin, end), begin a multiple of 8: target[i] = 1 where 16 random bits reach the limit, else 0.
void keptRange(const DropoutKey& key, std::uint8_t* target, std::int64_t begin, std::int64_t end, std::uint32_t limit);

} // namespace luthier::nn::kernels
