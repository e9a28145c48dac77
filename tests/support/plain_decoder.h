// SPDX-License-Identifier: GPL-3.0-or-later
// plainHidden: a decoder's forward pass written in plain differentiable operators, straight from the formulas, with
// nothing of core/nn's own mathematics but the frequencies: what blocks and their backward passes are held against.
#pragma once

#include "core/nn/decoder.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>

namespace luthier::tests {

class PlainDecoder {
public:
    PlainDecoder(nn::Decoder& decoder, const at::Tensor& ids) : m_decoder(decoder), m_config(decoder.config()), m_ids(ids)
    {
        for (const auto& leaf : decoder.baseLeaves()) {
            m_leaves[leaf.name] = leaf.tensor;
        }
    }

    at::Tensor hidden() const
    {
        const bool gpt2 = m_config.layout == nn::WeightLayout::Gpt2;
        at::Tensor h = at::embedding(leaf(gpt2 ? "transformer.wte.weight" : "model.embed_tokens.weight"), m_ids)
                       * m_config.embeddingScale;
        if (gpt2) {
            h = h + leaf("transformer.wpe.weight").narrow(0, 0, m_ids.size(1)).unsqueeze(0);
        }
        const auto groups = m_decoder.groups();
        for (std::int64_t i = 0; i < m_config.layers; ++i) {
            h = layer(h, i, &groups[static_cast<std::size_t>(4 * i)]);
        }
        return norm(h, gpt2 ? "transformer.ln_f" : "model.norm");
    }

private:
    at::Tensor leaf(const std::string& name) const { return m_leaves.at(name); }

    // x itself where the norm does not exist.
    at::Tensor norm(const at::Tensor& x, const std::string& name) const
    {
        const auto found = m_leaves.find(name + ".weight");
        if (found == m_leaves.end()) {
            return x;
        }
        if (m_config.norm == nn::NormKind::Layer) {
            return at::layer_norm(x, {x.size(-1)}, found->second, leaf(name + ".bias"), m_config.normEps);
        }
        const at::Tensor unit = x * at::rsqrt(x.square().mean(-1, true) + m_config.normEps);
        return m_config.norm == nn::NormKind::RmsPlusOne ? unit * (1 + found->second) : unit * found->second;
    }

    at::Tensor linear(const at::Tensor& x, const nn::LinearGroup& group) const
    {
        std::vector<at::Tensor> parts;
        for (std::size_t i = 0; i < group.slices.size(); ++i) {
            const auto& slice = group.slices[i];
            at::Tensor y = at::matmul(x, group.weight.narrow(0, slice.begin, slice.size).t());
            if (group.bias.defined()) {
                y = y + group.bias.narrow(0, slice.begin, slice.size);
            }
            for (const auto& adapter : group.adapters) {
                if (adapter.slice == i) {
                    y = y + adapter.scale * at::matmul(at::matmul(x, adapter.a.t()), adapter.b.t());
                }
            }
            parts.push_back(y);
        }
        return at::cat(parts, -1);
    }

    at::Tensor rotated(const at::Tensor& x, bool local) const // [B, heads, T, D]
    {
        if (m_config.rotaryDim == 0) {
            return x;
        }
        const auto made = nn::ropeFrequencies(local ? m_config.localRope : m_config.rope, m_config.rotaryDim,
                                              m_config.maxPositions, x.size(2));
        const at::Tensor angles = at::outer(at::arange(x.size(2), at::kFloat), at::tensor(made.inverse).to(at::kFloat));
        const at::Tensor cos = at::cat({angles, angles}, -1).cos() * made.scale;
        const at::Tensor sin = at::cat({angles, angles}, -1).sin() * made.scale;
        const at::Tensor turning = x.narrow(-1, 0, m_config.rotaryDim);
        const auto halves = turning.chunk(2, -1);
        const at::Tensor done = turning * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
        return at::cat({done, x.narrow(-1, m_config.rotaryDim, m_config.headDim - m_config.rotaryDim)}, -1);
    }

    at::Tensor attended(const at::Tensor& qkv, const std::string& path, std::int64_t index) const
    {
        const std::int64_t rows = qkv.size(0), tokens = qkv.size(1), dim = m_config.headDim;
        const std::int64_t queries = m_config.heads * dim, keys = m_config.kvHeads * dim;
        at::Tensor q = qkv.narrow(-1, 0, queries), k = qkv.narrow(-1, queries, keys);
        at::Tensor v = qkv.narrow(-1, queries + keys, keys);
        if (m_config.queryKeyNorm == nn::QueryKeyNorm::Whole) {
            q = norm(q, path + ".q_norm");
            k = norm(k, path + ".k_norm");
        }
        q = q.reshape({rows, tokens, m_config.heads, dim});
        k = k.reshape({rows, tokens, m_config.kvHeads, dim});
        v = v.reshape({rows, tokens, m_config.kvHeads, dim}).transpose(1, 2);
        if (m_config.queryKeyNorm == nn::QueryKeyNorm::Head) {
            q = norm(q, path + ".q_norm");
            k = norm(k, path + ".k_norm");
        }
        const std::int64_t window = m_config.windowOf(index);
        const bool local = m_config.hasLocalRope && window > 0;
        const std::int64_t share = m_config.heads / m_config.kvHeads;
        q = rotated(q.transpose(1, 2), local);
        k = rotated(k.transpose(1, 2), local).repeat_interleave(share, 1);
        v = v.repeat_interleave(share, 1);
        const double scale = m_config.attentionScale > 0 ? m_config.attentionScale : 1 / std::sqrt(static_cast<double>(dim));
        at::Tensor scores = at::matmul(q, k.transpose(-1, -2)) * scale;
        if (m_config.attentionSoftcap > 0) {
            scores = at::tanh(scores / m_config.attentionSoftcap) * m_config.attentionSoftcap;
        }
        const at::Tensor ages = at::arange(tokens).unsqueeze(1) - at::arange(tokens).unsqueeze(0);
        at::Tensor hidden = ages.lt(0);
        hidden = window > 0 ? hidden.logical_or(ages.ge(window)) : hidden;
        const at::Tensor weights = at::softmax(scores.masked_fill(hidden, -1e30), -1);
        return at::matmul(weights, v).transpose(1, 2).reshape({rows, tokens, queries});
    }

    at::Tensor activated(const at::Tensor& x) const
    {
        if (m_config.activation == nn::Activation::GeluTanh) {
            return at::gelu(x, "tanh");
        }
        const auto halves = x.chunk(2, -1);
        return (m_config.activation == nn::Activation::SiluGated ? at::silu(halves[0]) : at::gelu(halves[0], "tanh"))
               * halves[1];
    }

    at::Tensor layer(const at::Tensor& h, std::int64_t index, nn::LinearGroup* const* groups) const
    {
        const bool gpt2 = m_config.layout == nn::WeightLayout::Gpt2;
        const bool before = m_config.normPlace == nn::NormPlace::Before;
        const std::string path = (gpt2 ? "transformer.h." : "model.layers.") + std::to_string(index) + ".";
        const std::string second = gpt2 ? "ln_2" : before ? "post_attention_layernorm" : "pre_feedforward_layernorm";
        const at::Tensor qkv = linear(norm(h, path + (gpt2 ? "ln_1" : "input_layernorm")), *groups[0]);
        at::Tensor branch = linear(attended(qkv, path + "self_attn", index), *groups[1]);
        const at::Tensor middle = h + (before ? branch : norm(branch, path + "post_attention_layernorm"));
        branch = linear(activated(linear(norm(middle, path + second), *groups[2])), *groups[3]);
        return middle + (before ? branch : norm(branch, path + "post_feedforward_layernorm"));
    }

    nn::Decoder& m_decoder;
    const nn::DecoderConfig& m_config;
    at::Tensor m_ids;
    std::map<std::string, at::Tensor> m_leaves;
};

} // namespace luthier::tests
