// SPDX-License-Identifier: GPL-3.0-or-later
// Pairs: rows of a chosen and a rejected answer to one prompt as items of two sequences, the chosen one first, and what the
// losses over them share. Internal to core: names torch types.
//
// The conversation is rendered and tokenised once with each answer, never an answer alone. The answers begin behind the
// longest run of tokens that the prompt, the prompt with the chosen and the prompt with the rejected answer have in common;
// of what stands behind it the tokens of the assistant's turns are targets. Both sequences are cut after the same number of
// tokens, so the prompt is the same in both.
#pragma once

#include "core/objectives/loss.h"
#include "core/objectives/objectives.h"

#include <ATen/core/Tensor.h>

namespace luthier::objectives {

// No targets where nothing of an answer is left, or nothing that tells the two apart: the row has nothing to teach.
Result<EncodedItem> encodePair(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings);

// One answer by itself, with the prompt's tokens as far as its own rendering with and without the answer agree.
Result<EncodedItem> encodeAnswer(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings);

// [I, 2] fp32 each, differentiable where the prediction is; column 0 is the chosen answer's.
at::Tensor pairSums(const at::Tensor& perTarget, const MicroBatch& batch);
at::Tensor pairCounts(const MicroBatch& batch); // targets of each sequence

// Of rewards [I, 2]: their margin, how often it is above 0 (0 counts half), and both, added up; no gradient.
std::vector<at::Tensor> pairMeasures(const at::Tensor& rewards);

// ln p of each sequence's targets, added up, as the reference says: [S] fp32 without a gradient. From the batch's columns
// `names` (one for each sequence of an item) where they are there, computed once before the run; else the reference is asked.
at::Tensor referenceSums(const LossInput& input, const std::vector<std::string>& names);

} // namespace luthier::objectives
