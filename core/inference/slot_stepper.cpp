// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/slot_stepper.h"

#include "core/inference/card_steps.h"
#include "core/inference/generate.h"
#include "core/nn/batch/position_tables.h"
#include "core/nn/kernels/answer_kernels.h"
#include "core/quant/parallel.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace luthier::inference {

namespace {

constexpr std::int64_t kFirstRoom = 256;      // tokens of an answer that the cache holds before it grows
constexpr std::int64_t kTogether = 8192;      // tokens of a pass over prompts
constexpr std::int64_t kTogetherOnCpu = 1024; // which gains nothing from more

std::int64_t sizeOf(const SlotText& text)
{
    return static_cast<std::int64_t>(text.prompt.size());
}

} // namespace

SlotStepper::SlotStepper(nn::Decoder& decoder, const nn::Pass& pass, std::int64_t slots, std::int64_t most, bool wantsLogProbs,
                         bool mixes)
    : m_decoder(decoder), m_pass(pass), m_most(most), m_wantsLogProbs(wantsLogProbs), m_front(virtualTokens(decoder, pass)),
      m_slots(static_cast<std::size_t>(slots))
{
    if (mixes) {
        m_baseOnly = at::zeros({slots}, at::TensorOptions().device(decoder.device()).dtype(at::kBool));
    }
    if (nn::kernels::picksTokens(decoder.device())) {
        m_card = std::make_unique<CardSteps>(decoder.device(), slots, decoder.config().vocab, wantsLogProbs);
    }
}

SlotStepper::~SlotStepper() = default;

at::Tensor SlotStepper::numbers(const std::vector<std::int64_t>& values) const
{
    return at::tensor(values, at::kLong).to(m_decoder.device());
}

nn::Pass SlotStepper::passOver(const std::vector<std::int64_t>& slots, std::int64_t tokens) const
{
    nn::Pass pass = m_pass;
    if (m_baseOnly.defined()) {
        pass.baseOnly = m_baseOnly.index_select(0, numbers(slots)).repeat_interleave(tokens);
    }
    return pass;
}

// A limit of 100,000 new tokens must not cost memory before they exist: the cache grows by doubling.
void SlotStepper::makeRoom(std::int64_t tokens)
{
    const std::int64_t had = m_cache.keys.empty() ? 0 : m_cache.capacity() - m_front;
    tokens = std::min(tokens, m_most);
    if (tokens <= had) {
        return;
    }
    const std::int64_t room = m_front + std::min(m_most, std::max(2 * had, tokens + kFirstRoom));
    m_cache = had > 0 ? nn::grown(m_decoder, m_cache, room)
                      : nn::makeSlots(m_decoder, static_cast<std::int64_t>(m_slots.size()), room);
    if (m_card) {
        m_card->forget(); // it reads the memory that was
    }
}

Result<std::vector<SlotToken>> SlotStepper::enter(std::vector<SlotText> texts)
{
    std::stable_sort(texts.begin(), texts.end(), [](const SlotText& a, const SlotText& b) { return sizeOf(a) < sizeOf(b); });
    const auto& config = m_decoder.config();
    const auto mark = [&](const SlotText& text) {
        return nn::frequencyMark(config.rope, config.maxPositions, m_front + sizeOf(text));
    };
    const std::int64_t together = m_decoder.device().is_cpu() ? kTogetherOnCpu : kTogether;
    std::vector<SlotToken> tokens;
    for (std::size_t first = 0, last = 0; first < texts.size(); first = last) {
        const std::int64_t shortest = sizeOf(texts[first]);
        // Padding is work for nothing, and texts beyond a border of their rope have other frequencies.
        const auto fits = [&](std::size_t i) {
            const std::int64_t rows = static_cast<std::int64_t>(i - first) + 1;
            return sizeOf(texts[i]) <= shortest + shortest / 4 + 8 && rows * sizeOf(texts[i]) <= together
                   && mark(texts[i]) == mark(texts[first]);
        };
        for (last = first + 1; last < texts.size() && fits(last);) {
            ++last;
        }
        auto entered = enterTogether(std::span(texts).subspan(first, last - first));
        if (!entered) {
            return entered;
        }
        tokens.insert(tokens.end(), entered->begin(), entered->end());
    }
    return tokens;
}

Result<std::vector<SlotToken>> SlotStepper::enterTogether(std::span<const SlotText> texts)
{
    const auto rows = static_cast<std::int64_t>(texts.size());
    const std::int64_t width = sizeOf(texts.back());
    makeRoom(width + 1);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(rows * width), 0);
    std::vector<std::int64_t> ends;
    std::vector<std::int64_t> slots;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const SlotText& text = texts[i];
        std::copy(text.prompt.begin(), text.prompt.end(), ids.begin() + static_cast<std::ptrdiff_t>(i) * width);
        ends.push_back(static_cast<std::int64_t>(i) * width + sizeOf(text) - 1);
        slots.push_back(text.slot);
        m_slots[static_cast<std::size_t>(text.slot)]
            = Slot{Sampler(*text.sampling, m_wantsLogProbs), *text.sampling, {text.prompt.begin(), text.prompt.end()}};
        if (m_baseOnly.defined()) {
            m_baseOnly.select(0, text.slot).fill_(text.baseOnly);
        }
    }
    nn::KvCache read = m_decoder.makeCache(rows, width, m_pass);
    nn::ForwardInput input;
    input.ids = numbers(ids).view({rows, width});
    input.cache = &read;
    input.pass = passOver(slots, width);
    const at::Tensor hidden = m_decoder.hidden(input);
    nn::takeIn(m_cache, read, numbers(slots));
    return pick(m_decoder.logits(hidden.flatten(0, 1).index_select(0, numbers(ends)), m_pass), slots);
}

void SlotStepper::leave(std::int64_t slot)
{
    m_slots[static_cast<std::size_t>(slot)].reset();
    if (m_card) {
        m_card->leave(slot);
    }
}

std::vector<std::int64_t> SlotStepper::filledSlots() const
{
    std::vector<std::int64_t> slots;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        if (m_slots[i]) {
            slots.push_back(static_cast<std::int64_t>(i));
        }
    }
    return slots;
}

std::int64_t SlotStepper::lengthOf(std::int64_t slot) const
{
    return m_front + static_cast<std::int64_t>(m_slots[static_cast<std::size_t>(slot)]->context.size()) - 1;
}

// With the token that comes next, which makes the text one of the other frequencies; the step writes that one again.
void SlotStepper::readAnew(std::int64_t slot)
{
    const auto& context = m_slots[static_cast<std::size_t>(slot)]->context;
    nn::KvCache read = m_decoder.makeCache(1, static_cast<std::int64_t>(context.size()), m_pass);
    nn::ForwardInput input;
    input.ids = numbers({context.begin(), context.end()}).unsqueeze(0);
    input.cache = &read;
    input.pass = passOver({slot}, static_cast<std::int64_t>(context.size()));
    (void)m_decoder.hidden(input);
    nn::takeIn(m_cache, read, numbers({slot}));
}

// ids [1, n] of the texts that m_cache names -> [n, V].
at::Tensor SlotStepper::stepLogits(const at::Tensor& ids, const nn::Pass& pass)
{
    nn::ForwardInput input;
    input.ids = ids;
    input.cache = &m_cache;
    input.pass = pass;
    return m_decoder.logits(m_decoder.hidden(input).squeeze(0), pass);
}

Result<std::vector<SlotToken>> SlotStepper::step()
{
    const std::vector<std::int64_t> slots = filledSlots();
    if (slots.empty()) {
        return std::vector<SlotToken>();
    }
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> lengths;
    for (const std::int64_t slot : slots) {
        ids.push_back(m_slots[static_cast<std::size_t>(slot)]->context.back());
        lengths.push_back(lengthOf(slot));
    }
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    makeRoom(longest - m_front + 1);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (nn::endsFrequencies(m_decoder.config().rope, lengths[i])) {
            readAnew(slots[i]);
        }
    }
    if (m_card) {
        m_cache.slots = at::Tensor();
        m_cache.lengths = m_card->lengths();
        m_cache.longest = m_cache.capacity() - 1; // of whatever text comes: what is recorded must suit it
        nn::Pass pass = m_pass;
        pass.baseOnly = m_baseOnly;
        m_card->step([&](const at::Tensor& own) { return stepLogits(own, pass); });
        return told(slots, m_card->read(slots));
    }
    m_cache.slots = numbers(slots);
    m_cache.lengths = numbers(lengths);
    m_cache.longest = longest;
    return pickOnHost(stepLogits(numbers(ids).unsqueeze(0), passOver(slots, 1)), slots);
}

// The first token of texts that were put into their slots.
Result<std::vector<SlotToken>> SlotStepper::pick(const at::Tensor& logits, const std::vector<std::int64_t>& slots)
{
    if (!m_card) {
        return pickOnHost(logits, slots);
    }
    for (const std::int64_t slot : slots) {
        const Slot& own = *m_slots[static_cast<std::size_t>(slot)];
        m_card->enter(slot, m_front + static_cast<std::int64_t>(own.context.size()), own.context, own.sampling);
    }
    m_card->pick(logits, numbers(slots));
    return told(slots, m_card->read(slots));
}

Result<std::vector<SlotToken>> SlotStepper::told(const std::vector<std::int64_t>& slots, const std::vector<PickedToken>& picked)
{
    std::vector<SlotToken> tokens;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (picked[i].id < 0) {
            return brokenLogits();
        }
        m_slots[static_cast<std::size_t>(slots[i])]->context.push_back(picked[i].id);
        tokens.push_back({slots[i], picked[i]});
    }
    return tokens;
}

// A text a thread.
Result<std::vector<SlotToken>> SlotStepper::pickOnHost(const at::Tensor& logits, const std::vector<std::int64_t>& slots)
{
    const at::Tensor here = logits.to(at::kCPU, at::kFloat).contiguous();
    const auto width = static_cast<std::size_t>(here.size(1));
    auto* values = here.mutable_data_ptr<float>();
    std::vector<PickedToken> picked(slots.size());
    quant::parallelFor(0, here.size(0), 1, [&](std::int64_t first, std::int64_t last) {
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
            Slot& slot = *m_slots[static_cast<std::size_t>(slots[i])];
            const auto own = slot.sampler.choose({values + i * width, width}, slot.context);
            picked[i] = own ? *own : PickedToken{-1, 0};
        }
    });
    return told(slots, picked);
}

} // namespace luthier::inference
