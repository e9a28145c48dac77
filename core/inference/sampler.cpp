// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace luthier::inference {

Sampler::Sampler(const Sampling& sampling)
    : m_sampling(sampling), m_random(static_cast<std::uint64_t>(sampling.seed))
{
}

Result<text::TokenId> Sampler::pick(std::span<float> logits, std::span<const text::TokenId> context)
{
    penalise(logits, context);
    // The first of equals, as argmax gives it; NaN never wins a comparison.
    std::size_t best = logits.size();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!std::isnan(logits[i]) && (best == logits.size() || logits[i] > logits[best])) {
            best = i;
        }
    }
    if (best == logits.size() || std::isinf(logits[best])) {
        return Error{
            "The model gives no usable numbers (NaN or infinity). Its weights are damaged, or it was trained "
            "with too high a learning rate."};
    }
    if (m_sampling.temperature <= 0) {
        return static_cast<text::TokenId>(best);
    }
    const auto temperature = static_cast<float>(m_sampling.temperature);
    for (float& logit : logits) {
        logit /= temperature;
    }
    keepTopK(logits);
    keepTopP();
    return draw();
}

void Sampler::penalise(std::span<float> logits, std::span<const text::TokenId> context)
{
    if (m_sampling.repetitionPenalty == 1) {
        return;
    }
    const auto penalty = static_cast<float>(m_sampling.repetitionPenalty);
    m_seen.assign(logits.size(), 0);
    for (const text::TokenId id : context) {
        const auto index = static_cast<std::size_t>(id);
        // Once for each token, however often it stands there.
        if (id < 0 || index >= logits.size() || std::exchange(m_seen[index], std::uint8_t{1})) {
            continue;
        }
        logits[index] = logits[index] < 0 ? logits[index] * penalty : logits[index] / penalty;
    }
}

void Sampler::keepTopK(std::span<const float> logits)
{
    m_kept.clear();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (std::isfinite(logits[i])) {
            m_kept.push_back({logits[i], static_cast<text::TokenId>(i)});
        }
    }
    const auto better = [](const Candidate& a, const Candidate& b) {
        return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
    };
    const auto k = static_cast<std::size_t>(std::max<std::int64_t>(0, m_sampling.topK));
    if (k > 0 && k < m_kept.size()) {
        std::nth_element(m_kept.begin(), m_kept.begin() + static_cast<std::ptrdiff_t>(k - 1), m_kept.end(),
                         better);
        const float least = m_kept[k - 1].logit;
        // Equals of the last one stay, as in the reference.
        std::erase_if(m_kept, [least](const Candidate& item) { return item.logit < least; });
    }
    std::sort(m_kept.begin(), m_kept.end(), better);
}

void Sampler::keepTopP()
{
    if (m_sampling.topP >= 1) {
        return;
    }
    double total = 0;
    for (const Candidate& item : m_kept) {
        total += std::exp(static_cast<double>(item.logit - m_kept.front().logit));
    }
    // A token stays while those before it do not yet reach top-p; the best always stays.
    double before = 0;
    std::size_t keep = 0;
    while (keep < m_kept.size() && (keep == 0 || before < m_sampling.topP * total)) {
        before += std::exp(static_cast<double>(m_kept[keep++].logit - m_kept.front().logit));
    }
    m_kept.resize(keep);
}

text::TokenId Sampler::draw()
{
    double total = 0;
    for (const Candidate& item : m_kept) {
        total += std::exp(static_cast<double>(item.logit - m_kept.front().logit));
    }
    double left = m_random.uniform() * total;
    for (const Candidate& item : m_kept) {
        left -= std::exp(static_cast<double>(item.logit - m_kept.front().logit));
        if (left < 0) {
            return item.id;
        }
    }
    return m_kept.back().id;
}

} // namespace luthier::inference
