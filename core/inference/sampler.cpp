// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace luthier::inference {

Error brokenLogits()
{
    return Error{
        "The model gives no usable numbers (NaN or infinity). Its weights are damaged, or it was trained "
        "with too high a learning rate."};
}

Sampler::Sampler(const Sampling& sampling, bool wantsLogProbs)
    : m_sampling(sampling), m_wantsLogProbs(wantsLogProbs), m_random(static_cast<std::uint64_t>(sampling.seed))
{
}

Result<text::TokenId> Sampler::pick(std::span<float> logits, std::span<const text::TokenId> context)
{
    auto picked = choose(logits, context);
    return picked ? Result<text::TokenId>(picked->id) : Result<text::TokenId>(picked.error());
}

Result<PickedToken> Sampler::choose(std::span<float> logits, std::span<const text::TokenId> context)
{
    if (m_wantsLogProbs) {
        m_raw.assign(logits.begin(), logits.end());
    }
    penalise(logits, context);
    // The first of equals, as argmax gives it; NaN never wins a comparison.
    std::size_t best = logits.size();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!std::isnan(logits[i]) && (best == logits.size() || logits[i] > logits[best])) {
            best = i;
        }
    }
    if (best == logits.size() || std::isinf(logits[best])) {
        return brokenLogits();
    }
    PickedToken picked{static_cast<text::TokenId>(best)};
    if (m_sampling.temperature > 0) {
        const auto temperature = static_cast<float>(m_sampling.temperature);
        for (float& logit : logits) {
            logit /= temperature;
        }
        picked.id = draw(logits);
    }
    picked.logProb = m_wantsLogProbs ? logProbOf(static_cast<std::size_t>(picked.id)) : 0;
    return picked;
}

float Sampler::logProbOf(std::size_t index) const
{
    const double temperature = m_sampling.temperature > 0 ? m_sampling.temperature : 1;
    float top = m_raw[index];
    for (const float logit : m_raw) {
        top = logit > top ? logit : top;
    }
    double total = 0;
    for (const float logit : m_raw) {
        total += std::isnan(logit) ? 0 : std::exp(static_cast<double>(logit - top) / temperature);
    }
    return static_cast<float>(static_cast<double>(m_raw[index] - top) / temperature - std::log(total));
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

// Equals of the last one stay, as in the reference.
float Sampler::leastOfTopK(std::span<const float> logits)
{
    m_sorted.clear();
    std::copy_if(logits.begin(), logits.end(), std::back_inserter(m_sorted), [](float x) { return std::isfinite(x); });
    const auto k = static_cast<std::size_t>(std::max<std::int64_t>(0, m_sampling.topK));
    if (k == 0 || k >= m_sorted.size()) {
        return *std::min_element(m_sorted.begin(), m_sorted.end());
    }
    const auto last = m_sorted.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(m_sorted.begin(), last, m_sorted.end(), std::greater<>());
    return *last;
}

// A token stays while those before it do not yet reach top-p, and with it its equals; the best always stays.
float Sampler::leastOfTopP(float least)
{
    if (m_sampling.topP >= 1) {
        return least;
    }
    double total = 0;
    m_sorted.clear();
    for (const Candidate& item : m_kept) {
        total += item.weight;
        m_sorted.push_back(item.logit);
    }
    std::sort(m_sorted.begin(), m_sorted.end(), std::greater<>());
    double before = 0;
    for (const float logit : m_sorted) {
        if (before >= m_sampling.topP * total) {
            break;
        }
        least = logit;
        before += std::exp(static_cast<double>(logit - m_sorted.front()));
    }
    return least;
}

text::TokenId Sampler::draw(std::span<const float> logits)
{
    float least = leastOfTopK(logits);
    const float top = *std::max_element(m_sorted.begin(), m_sorted.end());
    m_kept.clear();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (std::isfinite(logits[i]) && logits[i] >= least) {
            m_kept.push_back({logits[i], static_cast<text::TokenId>(i), std::exp(static_cast<double>(logits[i] - top))});
        }
    }
    least = leastOfTopP(least);
    std::erase_if(m_kept, [least](const Candidate& item) { return item.logit < least; });
    double total = 0;
    for (const Candidate& item : m_kept) {
        total += item.weight;
    }
    const double drawn = m_random.uniform() * total;
    double sum = 0;
    for (const Candidate& item : m_kept) {
        sum += item.weight;
        if (sum > drawn) {
            return item.id;
        }
    }
    return m_kept.back().id;
}

} // namespace luthier::inference
