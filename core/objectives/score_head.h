// SPDX-License-Identifier: GPL-3.0-or-later
// The head that judges a whole text by its last token: what reward models and classifiers share. Internal to core: names
// torch types.
//   scores = W h,  h the hidden state of the sequence's last token behind the last norm,  W [labels, d] fp32
// As transformers' sequence classification computes them, where padding stands behind the last token or carries another id.
#pragma once

#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"

#include <ATen/core/Tensor.h>

namespace luthier::objectives {

inline constexpr const char* kScoreHead = "score.weight"; // of Objective::heads; in folders of other programs, too

Head scoreHead(std::int64_t labels, std::int64_t hidden); // labels 0: as many as the data has

// [S, labels] fp32. Differentiable in both. `ends` [S] as MicroBatch::ends.
at::Tensor lastScores(const at::Tensor& hidden, const at::Tensor& ends, const at::Tensor& weight);

// What makes no sense for a model that answers nothing.
std::vector<fields::Rule> judgeRules();

// The whole text with its last token marked, so that it counts as one that teaches; nothing is marked, so that it is left out
// and counted, where it is longer than `longest`: without its end it would be judged for another text.
Sequence judged(std::vector<text::TokenId> ids, std::int64_t longest);

} // namespace luthier::objectives
