// SPDX-License-Identifier: GPL-3.0-or-later
// Log-probabilities of tokens over hidden states and head. Logits exist for a block of rows at a time: no tensor of [N, V]
// is made, forward or backward. Everything that scores a token comes through here. Internal to core: names torch types.
//
//   z = h · head^T,  z = softcap · tanh(z / softcap),  z = z / temperature,  ln p(t) = z[t] - ln Σ exp z
//
// hidden [N, d] and head [V, d] of one dtype; sums, logarithms and results are fp32. targets [N] int64, already shifted: the
// token that row i predicts, negative where none is wanted. All tensors lie on one device. On the CPU rows without a target
// are left out of the products; on a card, where looking for them would make the host wait, the caller picks the rows
// (train/step/micro_batch.h), and what is left (padding to round sizes) costs its product and counts 0.
// Gradients go to hidden and, where it requires one, head (a tied one adds to the embedding's by autograd); once each.
// Nothing waits for the device or copies from the host, so passes made of these can be recorded.
// Errors: c10::Error for shapes, dtypes or devices that do not fit. Threads: any.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::objectives {

constexpr std::int64_t kNoTarget = -100;

struct LogitSettings {
    double temperature = 1;
    double softcap = 0;         // 0: off
    std::int64_t chunkRows = 0; // rows of a block; 0: by device and vocabulary
    double smoothing = 0;       // of tokenLossSum alone: -ln p(target) becomes (1 - s) (-ln p(target)) + s mean over V of -ln p
};

// ln p(target) of each row, [N] fp32, 0 without a target. Keeps what hidden and head keep anyway and computes the logits
// again in the backward pass. The same bits with and without gradients.
at::Tensor tokenLogProbs(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                         const LogitSettings& settings = {});

struct ReadingWish {
    bool entropy = false;
    bool likeliest = false;
};
struct TokenReading {
    at::Tensor logProbs;  // as tokenLogProbs
    at::Tensor entropy;   // [N] fp32, -Σ p ln p, differentiable; 0 without a target
    at::Tensor likeliest; // [N] int64, the token of the highest logit; kNoTarget without a target
};
// Members that nobody wished for stay undefined. On a card a wish takes the plain body, whose logProbs may differ from
// tokenLogProbs' in the last bits.
TokenReading readTokens(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                        const LogitSettings& settings, const ReadingWish& wish);

// Σ weight · -ln p(target), a scalar in fp32. The gradients are made in the forward pass, while a block's logits are there:
// a third less work than tokenLogProbs, for losses whose weights are known before. weights [N] fp32; undefined: all 1.
at::Tensor tokenLossSum(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                        const at::Tensor& weights = {}, const LogitSettings& settings = {});

} // namespace luthier::objectives
