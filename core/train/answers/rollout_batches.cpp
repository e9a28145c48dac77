// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/rollout_batches.h"

#include "core/objectives/policy_loss.h"
#include "core/objectives/token_log_probs.h"
#include "core/train/step/step_graphs.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

namespace luthier::train {

namespace {

ItemStore storeOf(const std::vector<rollouts::Answered>& answers)
{
    ItemStore store;
    for (const rollouts::Answered& answered : answers) {
        objectives::Sequence sequence{answered.promptIds, std::vector<std::uint8_t>(answered.promptIds.size(), 0)};
        sequence.ids.insert(sequence.ids.end(), answered.ids.begin(), answered.ids.end());
        sequence.trained.resize(sequence.ids.size(), 1);
        store.append({}, {&sequence, 1});
    }
    return store;
}

at::TensorOptions optionsLike(const MicroBatch& batch)
{
    return at::TensorOptions().dtype(at::kFloat).pinned_memory(batch.ids.is_pinned());
}

// [M]: what `value(answer, token)` gives, 0 where padding stands.
template <class Value>
at::Tensor perTarget(const RolloutBatch& batch, const std::vector<rollouts::Answered>& answers, Value value)
{
    at::Tensor tensor = at::zeros(batch.batch.targets.sizes(), optionsLike(batch.batch));
    auto* at = tensor.mutable_data_ptr<float>();
    for (const std::uint32_t index : batch.answers) {
        const rollouts::Answered& answered = answers[index];
        for (std::size_t i = 0; i < answered.ids.size(); ++i) {
            *at++ = value(answered, i);
        }
    }
    return tensor;
}

template <class Value>
at::Tensor perAnswer(const RolloutBatch& batch, const std::vector<rollouts::Answered>& answers, Value value)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(batch.answers.size())}, optionsLike(batch.batch));
    auto* at = tensor.mutable_data_ptr<float>();
    for (const std::uint32_t index : batch.answers) {
        *at++ = static_cast<float>(value(answers[index]));
    }
    return tensor;
}

double repeatsOf(const std::vector<text::TokenId>& ids)
{
    constexpr std::size_t kRun = 3;
    if (ids.size() < kRun) {
        return 0;
    }
    std::set<std::array<text::TokenId, kRun>> seen;
    std::size_t again = 0;
    for (std::size_t i = 0; i + kRun <= ids.size(); ++i) {
        again += seen.insert({ids[i], ids[i + 1], ids[i + 2]}).second ? 0 : 1;
    }
    return static_cast<double>(again) / static_cast<double>(ids.size());
}

// Of each answer, whether the rewards of its group differ.
std::vector<bool> spreads(const std::vector<rollouts::Answered>& answers, std::int64_t group)
{
    std::vector<bool> all(answers.size());
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(group, 1));
    for (std::size_t first = 0; first < answers.size(); first += size) {
        const std::size_t end = std::min(first + size, answers.size());
        bool differs = false;
        for (std::size_t i = first; i < end; ++i) {
            differs = differs || answers[i].numbers.reward != answers[first].numbers.reward;
        }
        std::fill(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end), differs);
    }
    return all;
}

} // namespace

std::vector<RolloutBatch> cutRollouts(const std::vector<rollouts::Answered>& answers, const RolloutForm& form)
{
    const ItemStore store = storeOf(answers);
    std::vector<std::uint32_t> order(answers.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return store.length(a) > store.length(b); });
    std::vector<RolloutBatch> batches;
    const auto size = static_cast<std::size_t>(form.batchSize);
    for (std::size_t first = 0; first < order.size(); first += size) {
        RolloutBatch batch;
        batch.answers.assign(order.begin() + static_cast<std::ptrdiff_t>(first),
                             order.begin() + static_cast<std::ptrdiff_t>(std::min(first + size, order.size())));
        batch.batch = makeMicroBatch(store, batch.answers, {.perSequence = true, .pinned = form.onCard});
        if (form.onCard) {
            batch.batch = paddedToRoundSizes(std::move(batch.batch));
        }
        batches.push_back(std::move(batch));
    }
    return batches;
}

Scores scoreBatch(const Model& model, const MicroBatch& batch, at::Device device, double temperature, const std::vector<nn::NamedTensor>& heads,
                  const Model& values)
{
    const at::NoGradGuard noGrad;
    const MicroBatch own = toDevice(batch, device);
    const objectives::Prediction said = model(own);
    const at::Tensor hidden = pickTargets(said.hidden, own);
    // With the wish that training has, so that the same body computes both.
    const objectives::TokenReading reading
        = objectives::readTokens(hidden, said.head, own.targets, {.temperature = temperature, .softcap = said.softcap}, {.entropy = true});
    if (heads.empty()) {
        return {reading.logProbs.to(at::kCPU), {}};
    }
    const at::Tensor read = values ? pickTargets(values(own).hidden, own) : hidden;
    return {reading.logProbs.to(at::kCPU), objectives::valuesOf(read, heads).to(at::kCPU)};
}

void takeNumbers(const RolloutBatch& batch, const at::Tensor& values, NumberList list, std::vector<rollouts::Answered>& answers)
{
    const at::Tensor flat = values.contiguous();
    const auto* from = flat.const_data_ptr<float>();
    for (const std::uint32_t index : batch.answers) {
        rollouts::Answered& answered = answers[index];
        auto& own = answered.numbers.*list;
        own.assign(from, from + answered.ids.size());
        for (float& number : own) {
            number += 0.0F; // the logarithm of a sure token is -0, which ranks that add up lose; so all write 0
        }
        from += answered.ids.size();
    }
}

void addColumns(RolloutBatch& batch, const rollouts::Update& update, const UpdateFacts& facts)
{
    const std::vector<rollouts::Answered>& answers = update.answers;
    const auto list = [&](const char* name, NumberList numbers) {
        batch.batch.perTargetColumns.emplace_back(name, perTarget(batch, answers, [&](const rollouts::Answered& a, std::size_t i) { return (a.numbers.*numbers)[i]; }));
    };
    list("advantage", &objectives::Rollout::advantages);
    list("reference", &objectives::Rollout::reference);
    if (!facts.learnedOnce) {
        list("old", &objectives::Rollout::logProbs);
    }
    if (!answers.front().numbers.values.empty()) {
        list("value", &objectives::Rollout::values);
        list("return", &objectives::Rollout::returns);
        batch.batch.perTargetColumns.emplace_back("learned", perTarget(batch, answers, [&](const rollouts::Answered&, std::size_t) { return facts.warmsUp ? 0.F : 1.F; }));
    }
    const std::vector<bool> spread = spreads(answers, facts.group);
    const double explained = explainedVariance(answers);
    const auto column = [&](const char* name, auto value) { batch.batch.columns.emplace_back(name, perAnswer(batch, answers, value)); };
    column("reward", [](const rollouts::Answered& a) { return a.numbers.reward; });
    column("length", [](const rollouts::Answered& a) { return a.ids.size(); });
    column("ended", [](const rollouts::Answered& a) { return a.numbers.ended ? 1 : 0; });
    column("spread", [&](const rollouts::Answered& a) { return spread[static_cast<std::size_t>(&a - answers.data())] ? 1 : 0; });
    column("explained", [&](const rollouts::Answered&) { return explained; });
    column("repeats", [](const rollouts::Answered& a) { return repeatsOf(a.ids); });
    column("kl_weight", [&](const rollouts::Answered&) { return facts.klWeight; });
}

std::vector<MicroBatch> stepOf(const std::vector<const RolloutBatch*>& batches, const rollouts::Update& update, const objectives::RolloutPlan& plan,
                               const objectives::ObjectiveSettings& settings)
{
    std::int64_t tokens = 0;
    std::int64_t answers = 0;
    for (const RolloutBatch* batch : batches) {
        tokens += batch->batch.trained;
        answers += batch->batch.items;
    }
    std::vector<MicroBatch> step;
    for (const RolloutBatch* batch : batches) {
        MicroBatch own = batch->batch;
        own.perTargetColumns.emplace_back("weight", perTarget(*batch, update.answers, [&](const rollouts::Answered& a, std::size_t) {
                                              return static_cast<float>(plan.weight(settings, static_cast<std::int64_t>(a.ids.size()), tokens, answers));
                                          }));
        own.perTargetColumns.emplace_back("mean", perTarget(*batch, update.answers, [&](const rollouts::Answered&, std::size_t) {
                                              return static_cast<float>(static_cast<double>(answers) / static_cast<double>(tokens));
                                          }));
        step.push_back(std::move(own));
    }
    return step;
}

double explainedVariance(const std::vector<rollouts::Answered>& answers)
{
    double count = 0;
    double sum = 0;
    double squares = 0;
    double offSum = 0;
    double offSquares = 0;
    for (const rollouts::Answered& answered : answers) {
        for (std::size_t i = 0; i < answered.numbers.returns.size(); ++i) {
            const double wanted = answered.numbers.returns[i];
            const double off = wanted - static_cast<double>(answered.numbers.values[i]);
            ++count;
            sum += wanted;
            squares += wanted * wanted;
            offSum += off;
            offSquares += off * off;
        }
    }
    const double variance = count > 0 ? squares / count - sum / count * (sum / count) : 0;
    const double left = count > 0 ? offSquares / count - offSum / count * (offSum / count) : 0;
    return variance > 1e-12 ? 1 - left / variance : 0;
}

} // namespace luthier::train
