// SPDX-License-Identifier: GPL-3.0-or-later
// Sampler: picks the next token from logits, in transformers' order: repetition penalty, temperature, top-k,
// top-p.
// The draw comes from our own generator, so one seed gives one answer on every machine. Torch-free.
#pragma once

#include "core/base/random.h"
#include "core/inference/session.h"

#include <span>
#include <vector>

namespace luthier::inference {

class Sampler {
public:
    explicit Sampler(const Sampling& sampling);

    // `logits` [V] is used as scratch. `context`: prompt and answer so far, for the penalty.
    // Error when the logits hold no finite number (a broken model).
    Result<text::TokenId> pick(std::span<float> logits, std::span<const text::TokenId> context);

private:
    struct Candidate {
        float logit;
        text::TokenId id;
    };

    void penalise(std::span<float> logits, std::span<const text::TokenId> context);
    text::TokenId draw();
    void keepTopK(std::span<const float> logits);
    void keepTopP();

    Sampling m_sampling;
    base::Random m_random;
    std::vector<Candidate> m_kept;       // best first
    std::vector<std::uint8_t> m_seen;    // [V], scratch of the penalty
};

} // namespace luthier::inference
