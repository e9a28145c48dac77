// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/card_steps.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <array>
#include <string>

namespace luthier::inference {

CardSteps::CardSteps(at::Device device, std::int64_t slots, std::int64_t vocabulary, bool wantsLogProbs) : m_device(device)
{
    const auto whole = at::TensorOptions().device(device).dtype(at::kLong);
    const auto real = whole.dtype(at::kFloat);
    m_pick.active = at::zeros({slots}, whole);
    m_pick.settings = at::ones({slots, 4}, whole.dtype(at::kDouble));
    m_pick.seeds = at::zeros({slots}, whole);
    m_pick.draws = at::zeros({slots}, whole);
    m_pick.seen = at::zeros({slots, vocabulary}, whole.dtype(at::kByte));
    m_pick.ids = at::zeros({slots}, whole);
    m_pick.picked = at::zeros({slots}, whole);
    m_pick.lengths = at::zeros({slots}, whole);
    if (wantsLogProbs) {
        m_pick.logProbs = at::zeros({slots}, real);
    }
}

void CardSteps::enter(std::int64_t slot, std::int64_t length, std::span<const text::TokenId> text, const Sampling& sampling)
{
    const auto own = [&](const at::Tensor& all) { return all.select(0, slot); };
    own(m_pick.active).fill_(1);
    own(m_pick.lengths).fill_(length);
    own(m_pick.seeds).fill_(sampling.seed);
    own(m_pick.draws).zero_();
    own(m_pick.settings)
        .copy_(at::tensor({sampling.temperature, sampling.repetitionPenalty, sampling.topP, static_cast<double>(sampling.topK)}));
    own(m_pick.seen).zero_();
    if (sampling.repetitionPenalty != 1) {
        const std::vector<std::int64_t> ids(text.begin(), text.end());
        own(m_pick.seen).index_fill_(0, at::tensor(ids, at::kLong).to(m_device), 1);
    }
}

// What the recorded step does for an empty slot must stay within the cache.
void CardSteps::leave(std::int64_t slot)
{
    m_pick.active.select(0, slot).zero_();
    m_pick.lengths.select(0, slot).zero_();
}

void CardSteps::choose(const at::Tensor& logits, const at::Tensor& slots, bool counts)
{
    nn::kernels::TokenPick pick = m_pick;
    pick.logits = logits.contiguous();
    pick.slots = slots;
    pick.lengths = counts ? m_pick.lengths : at::Tensor();
    TORCH_CHECK(nn::kernels::pickTokens(pick), "the card cannot pick tokens of a vocabulary this large");
}

void CardSteps::pick(const at::Tensor& logits, const at::Tensor& slots)
{
    choose(logits, slots, false);
}

void CardSteps::step(const std::function<at::Tensor(const at::Tensor& ids)>& logits)
{
    const auto work = [&] { choose(logits(m_pick.ids.unsqueeze(0)), {}, true); };
    if (m_graph) {
        m_graph->play(m_device);
        return;
    }
    if (!m_warm || !m_recordable) {
        m_warm = true;
        work();
        return;
    }
    try {
        auto graph = std::make_unique<nn::kernels::cuda::Graph>();
        graph->record(m_device, work);
        m_graph = std::move(graph);
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        TORCH_WARN("answers are queued step by step, as the card could not record one: ", what.substr(0, what.find('\n')));
        m_recordable = false;
        work();
        return;
    }
    m_graph->play(m_device);
}

void CardSteps::tell()
{
    m_toldIds.start(m_pick.picked);
    if (m_pick.logProbs.defined()) {
        m_toldLogProbs.start(m_pick.logProbs);
    }
    m_isTold = true;
}

std::vector<PickedToken> CardSteps::read(const std::vector<std::int64_t>& slots)
{
    if (!m_isTold) {
        tell();
    }
    m_isTold = false;
    const at::Tensor ids = m_toldIds.wait();
    const at::Tensor logProbs = m_pick.logProbs.defined() ? m_toldLogProbs.wait() : at::Tensor();
    std::vector<PickedToken> picked;
    for (const std::int64_t slot : slots) {
        picked.push_back({static_cast<text::TokenId>(ids.const_data_ptr<std::int64_t>()[slot]),
                          logProbs.defined() ? logProbs.const_data_ptr<float>()[slot] : 0.0f});
    }
    return picked;
}

void CardSteps::forget()
{
    m_graph.reset();
    m_warm = false;
}

} // namespace luthier::inference
