// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/token_log_probs.h"

#include "core/nn/layers/autograd_node.h"
#include "core/objectives/logit_blocks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace luthier::objectives {

namespace {

class LogProbs : public nn::Computation {
public:
    LogProbs(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, const LogitSettings& settings,
             bool entropy, at::Tensor* likeliest)
        : m_hidden(hidden.detach()), m_head(head.detach()), m_wanted(targets), m_settings(settings), m_wantEntropy(entropy),
          m_likeliest(likeliest), m_wantHidden(hidden.requires_grad()), m_wantHead(head.requires_grad())
    {
    }

    std::vector<at::Tensor> forward() override
    {
        const at::Tensor rows = m_wanted.pick(m_hidden);
        const auto options = rows.options().dtype(at::kFloat);
        const at::Tensor logProbs = at::empty({rows.size(0)}, options);
        const at::Tensor entropy = m_wantEntropy ? at::empty({rows.size(0)}, options) : at::Tensor();
        const at::Tensor likeliest = m_likeliest ? at::empty({rows.size(0)}, m_wanted.targets.options()) : at::Tensor();
        eachBlock(rows, [&](std::int64_t first, const at::Tensor& block, const at::Tensor& targets) {
            const std::int64_t count = block.size(0);
            readBlock(block, targets, logProbs.narrow(0, first, count),
                      entropy.defined() ? entropy.narrow(0, first, count) : at::Tensor(),
                      likeliest.defined() ? likeliest.narrow(0, first, count) : at::Tensor());
        });
        if (m_likeliest) {
            *m_likeliest = m_wanted.spread(likeliest, kNoTarget);
            m_likeliest = nullptr;
        }
        std::vector<at::Tensor> outputs{m_wanted.spread(logProbs)};
        if (m_wantEntropy) {
            outputs.push_back(m_wanted.spread(entropy));
        }
        return outputs;
    }

    std::vector<at::Tensor> backward(const std::vector<at::Tensor>& grads) override
    {
        const at::Tensor rows = m_wanted.pick(m_hidden);
        const at::Tensor ofLogProbs = grads[0].defined() ? m_wanted.pick(grads[0]).contiguous() : at::Tensor();
        const at::Tensor ofEntropy = m_wantEntropy && grads[1].defined() ? m_wanted.pick(grads[1]).contiguous() : at::Tensor();
        if (!ofLogProbs.defined() && !ofEntropy.defined()) {
            return {at::Tensor(), at::Tensor()};
        }
        HeadGradients gradients(rows, m_head, m_wantHidden, m_wantHead);
        eachBlock(rows, [&](std::int64_t first, const at::Tensor& block, const at::Tensor& targets) {
            const auto part = [&](const at::Tensor& x) { return x.defined() ? x.narrow(0, first, block.size(0)) : x; };
            // ln p is the negative of the loss.
            const at::Tensor gradient
                = ofEntropy.defined()
                      ? gradientWithEntropy(block, targets, part(ofLogProbs), part(ofEntropy))
                      : blockLoss(block, m_head, targets, part(ofLogProbs).neg(), m_settings, true).gradient;
            gradients.add(first, gradient, block, m_head);
        });
        return {m_wantHidden ? m_wanted.spread(gradients.ofRows) : at::Tensor(),
                m_wantHead ? gradients.ofHead.to(m_head.scalar_type()) : at::Tensor()};
    }

private:
    template <class Work>
    void eachBlock(const at::Tensor& rows, Work work) const
    {
        const std::int64_t step = blockRows(m_head, m_settings.chunkRows, rows.size(0));
        for (std::int64_t first = 0; first < rows.size(0); first += step) {
            const std::int64_t count = std::min(step, rows.size(0) - first);
            work(first, rows.narrow(0, first, count), m_wanted.targets.narrow(0, first, count));
        }
    }

    void readBlock(const at::Tensor& rows, const at::Tensor& targets, const at::Tensor& logProbs, const at::Tensor& entropy,
                   const at::Tensor& likeliest) const
    {
        // The fused kernel of a card reads bf16 logits once. On the CPU the plain body is as fast beside the product.
        if (!rows.is_cpu() && !entropy.defined() && !likeliest.defined()) {
            logProbs.copy_(blockLoss(rows, m_head, targets, {}, m_settings, false).losses.neg_());
            return;
        }
        const at::Tensor logits = plainLogits(rows, m_head, m_settings);
        const PlainReading block = readPlain(logits, targets);
        logProbs.copy_(block.losses.neg());
        if (likeliest.defined()) {
            likeliest.copy_(at::where(targets.ge(0), logits.argmax(1), kNoTarget));
        }
        if (entropy.defined()) {
            // Not ln Σ exp z - Σ p z, which loses digits where the logits are large.
            const at::Tensor logP = logits.sub_(block.lse);
            entropy.copy_((logP.exp().mul_(logP).sum(-1, true).neg_() * block.present).squeeze(1));
        }
    }

    // d ln p(t) / dz = one-hot - p and dH / dz = -p (ln p + H), in fp32.
    at::Tensor gradientWithEntropy(const at::Tensor& rows, const at::Tensor& targets, const at::Tensor& ofLogProbs,
                                   const at::Tensor& ofEntropy) const
    {
        at::Tensor slope;
        const at::Tensor logits = plainLogits(rows, m_head, m_settings, &slope);
        const PlainReading block = readPlain(logits, targets);
        const at::Tensor logP = logits.sub_(block.lse);
        const at::Tensor p = logP.exp();
        const at::Tensor entropy = (p * logP).sum(-1, true).neg_();
        const at::Tensor entropyFactor = ofEntropy.unsqueeze(1) * block.present;
        const at::Tensor gradient = logP.add_(entropy).mul_(entropyFactor);
        if (ofLogProbs.defined()) {
            const at::Tensor factor = ofLogProbs.unsqueeze(1) * block.present;
            gradient.add_(factor).mul_(p).neg_();
            gradient.scatter_add_(1, block.index, factor);
        } else {
            gradient.mul_(p).neg_();
        }
        if (slope.defined()) {
            gradient.mul_(slope);
        }
        if (m_settings.temperature != 1) {
            gradient.div_(m_settings.temperature);
        }
        return gradient.to(rows.scalar_type());
    }

    at::Tensor m_hidden;
    at::Tensor m_head;
    WantedRows m_wanted;
    LogitSettings m_settings;
    bool m_wantEntropy;
    at::Tensor* m_likeliest; // where the forward pass puts them: autograd takes no integers
    bool m_wantHidden;
    bool m_wantHead;
};

} // namespace

TokenReading readTokens(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                        const LogitSettings& settings, const ReadingWish& wish)
{
    checkInputs(hidden, head, targets, settings);
    TokenReading reading;
    auto outputs = nn::record(std::make_unique<LogProbs>(hidden, head, targets, settings, wish.entropy,
                                                         wish.likeliest ? &reading.likeliest : nullptr),
                              {hidden, head});
    reading.logProbs = outputs[0];
    if (wish.entropy) {
        reading.entropy = outputs[1];
    }
    return reading;
}

at::Tensor tokenLogProbs(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                         const LogitSettings& settings)
{
    return readTokens(hidden, head, targets, settings, {}).logProbs;
}

} // namespace luthier::objectives
