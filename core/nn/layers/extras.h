// SPDX-License-Identifier: GPL-3.0-or-later
// Extras: what adapters other than those of projections (linear_group.h) add to a decoder: virtual tokens, keys and
// values in front, bottleneck layers behind the branches, base tensors that a copy stands in for. A decoder without
// them computes as if this file did not exist; with them these parts are autograd's own operators.
// Shapes as in decoder.h. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/attention.h"
#include "core/nn/layers/table_update.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::nn {

// x -> scale * (act(x down^T + b) up^T + b). As a layer of AdapterHub's.
struct Bottleneck {
    enum class Activation { Relu, Silu, Gelu, Tanh };
    at::Tensor downWeight; // [bottleneck, d]; undefined: none here
    at::Tensor downBias;
    at::Tensor upWeight;   // [d, bottleneck]
    at::Tensor upBias;
    Activation activation = Activation::Relu;
    bool readsSum = true;  // the branch plus the residual (Pfeiffer), or the branch alone (Houlsby)
    double scale = 1;

    bool exists() const { return downWeight.defined(); }
};

// residual + branch + A(branch + residual) or residual + branch + A(branch); [N, d].
at::Tensor behindBranch(const Bottleneck& layer, const at::Tensor& branch, const at::Tensor& residual);

// Keys and values in front of each layer's own, [n, 2 L K D]: index 2l of L pairs is layer l's keys, 2l + 1 its values.
// Real tokens stand at the positions n, n + 1, ...; the keys are not rotated.
struct Prefix {
    at::Tensor values; // [n, 2 L K D]; undefined: none, or made by the network below
    // embedding [n, e] -> Linear h -> tanh -> Linear 2 L K D
    at::Tensor embedding;
    at::Tensor hiddenWeight;
    at::Tensor hiddenBias;
    at::Tensor outWeight;
    at::Tensor outBias;

    bool exists() const { return values.defined() || embedding.defined(); }
    std::int64_t tokens() const;
    at::Tensor evaluated() const; // [n, 2 L K D]
};

// attention() with the prefix's keys and values [n, K, D] before each row's, or each segment's.
at::Tensor prefixedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& prefixK,
                             const at::Tensor& prefixV, const AttentionSettings& settings);

// A trained copy of a base tensor, used in its place by passes that count its adapters.
struct Replacement {
    std::string name;                 // as in Decoder::baseLeaves()
    at::Tensor copy;
    const at::Tensor* slot = nullptr; // where the decoder has the base tensor
};

struct Extras {
    at::Tensor prompt;                      // [n, d] in front of the embeddings of each row or segment
    Prefix prefix;
    std::vector<Bottleneck> afterAttention; // one a layer, or empty
    std::vector<Bottleneck> afterMlp;
    TableUpdate embedding;
    TableUpdate head; // of a tied head with rows of tokens: the embedding's rows

    bool isEmpty() const
    {
        return !prompt.defined() && !prefix.exists() && afterAttention.empty() && afterMlp.empty() && !embedding.exists() && !head.exists();
    }
    std::int64_t virtualTokens() const { return prompt.defined() ? prompt.size(0) : prefix.exists() ? prefix.tokens() : 0; }
};

} // namespace luthier::nn
