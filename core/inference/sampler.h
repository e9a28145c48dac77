// SPDX-License-Identifier: GPL-3.0-or-later
// Sampler: picks the next token from logits, in transformers' order: repetition penalty, temperature, top-k,
// top-p.
// The draw comes from our own generator, so one seed gives one answer on every machine: the kept tokens stand in the order
// of their ids, and the first whose running sum of weights passes the drawn number is taken. Torch-free.
#pragma once

#include "core/base/random.h"
#include "core/inference/session.h"

#include <span>
#include <vector>

namespace luthier::inference {

struct PickedToken {
    text::TokenId id = 0;
    float logProb = 0; // see Generation::logProbs; 0 unless asked for
};

class Sampler {
public:
    explicit Sampler(const Sampling& sampling, bool wantsLogProbs = false);

    // `logits` [V] is used as scratch. `context`: prompt and answer so far, for the penalty.
    // Error when the logits hold no finite number (a broken model).
    Result<PickedToken> choose(std::span<float> logits, std::span<const text::TokenId> context);
    Result<text::TokenId> pick(std::span<float> logits, std::span<const text::TokenId> context);

private:
    void penalise(std::span<float> logits, std::span<const text::TokenId> context);
    float logProbOf(std::size_t index) const;
    text::TokenId draw(std::span<const float> logits);
    float leastOfTopK(std::span<const float> logits);
    float leastOfTopP(float least);

    Sampling m_sampling;
    bool m_wantsLogProbs;
    base::Random m_random;
    struct Candidate {
        float logit;
        text::TokenId id;
        double weight;
    };
    std::vector<Candidate> m_kept;    // by id
    std::vector<float> m_sorted;      // scratch of top-k and top-p
    std::vector<std::uint8_t> m_seen; // [V], scratch of the penalty
    std::vector<float> m_raw;         // [V], as the model gave them, where log-probabilities are wanted
};

// What a model's broken logits are answered with.
Error brokenLogits();

} // namespace luthier::inference
