// SPDX-License-Identifier: GPL-3.0-or-later
// LogitBlocks: what the log-probabilities and the loss of tokens share: the rows that have a target, the logits of a block
// of them, and where a block's gradients go. Internal to objectives; see token_log_probs.h for shapes.
#pragma once

#include "core/objectives/token_log_probs.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::objectives {

void checkInputs(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, const LogitSettings& settings);

std::int64_t blockRows(const at::Tensor& head, std::int64_t asked, std::int64_t all);

// On the CPU the rows that have a target, M of N; elsewhere all of them.
struct WantedRows {
    at::Tensor index;   // [M]; undefined: all rows
    at::Tensor targets; // [M]
    std::int64_t all = 0;

    WantedRows() = default;
    explicit WantedRows(const at::Tensor& targets);
    at::Tensor pick(const at::Tensor& x) const;                       // [N, ...] -> [M, ...]
    at::Tensor spread(const at::Tensor& x, std::int64_t none = 0) const; // [M, ...] -> [N, ...]
};

// Capped logits over the temperature, [rows, V] fp32. `slope`, when asked for and there is a cap, is the cap's derivative.
at::Tensor plainLogits(const at::Tensor& rows, const at::Tensor& head, const LogitSettings& settings,
                       at::Tensor* slope = nullptr);

// Of one block without a fused kernel.
struct PlainReading {
    at::Tensor lse;     // [rows, 1]
    at::Tensor losses;  // [rows], -ln p, 0 without a target
    at::Tensor present; // [rows, 1] fp32, 1 where there is a target
    at::Tensor index;   // [rows, 1] targets, 0 where there is none
};
PlainReading readPlain(const at::Tensor& logits, const at::Tensor& targets);

// Losses of one block and the gradient of Σ weight · loss with regard to head's products, in the rows' dtype.
struct BlockLoss {
    at::Tensor losses;   // [rows] fp32, not weighed
    at::Tensor gradient; // [rows, V]; undefined unless asked for
};
BlockLoss blockLoss(const at::Tensor& rows, const at::Tensor& head, const at::Tensor& targets, const at::Tensor& weights,
                    const LogitSettings& settings, bool gradient);

// Gradients of hidden rows and head, gathered block by block.
class HeadGradients {
public:
    HeadGradients() = default;
    HeadGradients(const at::Tensor& rows, const at::Tensor& head, bool ofRows, bool ofHead);
    // From the gradient of the products of the rows from `first` on.
    void add(std::int64_t first, const at::Tensor& gradient, const at::Tensor& rows, const at::Tensor& head);

    at::Tensor ofRows; // [M, d] as the rows; undefined: not wanted
    at::Tensor ofHead; // [V, d] fp32; undefined: not wanted
};

} // namespace luthier::objectives
