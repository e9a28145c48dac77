// SPDX-License-Identifier: GPL-3.0-or-later
// SlotStepper: texts that are gone on with side by side, each in a slot: prompts of like length are read in one pass, then a
// pass reads one token of each text and the next is picked. A slot's tokens depend on its own text, settings and seed alone.
// On a card tokens are picked there and a step is recorded once and played, over all slots, whether a text is in them or not.
// Internal to core: names torch types. One thread at a time; may throw what torch throws.
#pragma once

#include "core/inference/sampler.h"
#include "core/nn/batch/slot_cache.h"
#include "core/nn/decoder.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace luthier::inference {

struct SlotText {
    std::int64_t slot = 0;
    std::span<const text::TokenId> prompt; // checked (see checkRequest)
    const Sampling* sampling = nullptr;
    bool baseOnly = false; // no low-rank update counts; in a stepper that mixes
};

struct SlotToken {
    std::int64_t slot = 0;
    PickedToken picked;
};

class CardSteps;

class SlotStepper {
public:
    // `most`: tokens, prompt and answer, that no text exceeds. `mixes`: some texts are the base's (see nn::Pass::baseOnly).
    SlotStepper(nn::Decoder& decoder, const nn::Pass& pass, std::int64_t slots, std::int64_t most, bool wantsLogProbs, bool mixes = false);
    ~SlotStepper();
    SlotStepper(const SlotStepper&) = delete;
    SlotStepper& operator=(const SlotStepper&) = delete;

    // Reads the prompts into slots that are free; the first token of each.
    Result<std::vector<SlotToken>> enter(std::vector<SlotText> texts);
    void leave(std::int64_t slot);
    // The next token of each text that is in a slot, by slot.
    Result<std::vector<SlotToken>> step();

private:
    struct Slot {
        Sampler sampler; // on the host
        Sampling sampling;
        std::vector<text::TokenId> context; // prompt and answer so far; the last is not yet read
    };

    Result<std::vector<SlotToken>> enterTogether(std::span<const SlotText> texts);
    void makeRoom(std::int64_t tokens);
    Result<std::vector<SlotToken>> pick(const at::Tensor& logits, const std::vector<std::int64_t>& slots);
    Result<std::vector<SlotToken>> pickOnHost(const at::Tensor& logits, const std::vector<std::int64_t>& slots);
    Result<std::vector<SlotToken>> told(const std::vector<std::int64_t>& slots, const std::vector<PickedToken>& picked);
    std::vector<std::int64_t> filledSlots() const;
    std::int64_t lengthOf(std::int64_t slot) const; // what the cache holds of its text
    void readAnew(std::int64_t slot);
    at::Tensor stepLogits(const at::Tensor& ids, const nn::Pass& pass);
    at::Tensor numbers(const std::vector<std::int64_t>& values) const;
    nn::Pass passOver(const std::vector<std::int64_t>& slots, std::int64_t tokens) const; // tokens of each

    nn::Decoder& m_decoder;
    nn::Pass m_pass;
    std::int64_t m_most;
    bool m_wantsLogProbs;
    std::int64_t m_front; // virtual tokens before each text
    std::vector<std::optional<Slot>> m_slots;
    nn::SlotCache m_cache; // made with the first prompts, larger when a text needs it
    at::Tensor m_baseOnly; // [slots] bool, in the same memory throughout: a recorded step reads it. Undefined: nothing is mixed
    std::unique_ptr<CardSteps> m_card; // null: tokens are picked on the host
};

} // namespace luthier::inference
