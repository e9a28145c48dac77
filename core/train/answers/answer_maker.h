// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerMaker: the model as it is now answers prompts of the data, and rules judge the answers. Internal to core: names torch
// types.
//
// Every end mark of the model ends an answer and is part of what is learned. What is drawn follows from the seed alone.
// Threads: one at a time.
#pragma once

#include "core/base/cancel.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/inference/session.h"
#include "core/inference/stops.h"
#include "core/nn/decoder.h"
#include "core/objectives/rollout_settings.h"
#include "core/rewards/rewards.h"
#include "core/rollouts/answered.h"
#include "core/train/plan/items.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace luthier::train {

// Prompts to answer: items of a store, and the files that their rows lie in.
struct PromptRows {
    const ItemStore& items;
    const std::vector<std::shared_ptr<const data::Dataset>>& files; // by RowPlace::file
};

class AnswerMaker {
public:
    // Decoder and encoder must outlive it. `judge`: a reward model, whose score counts beside the rules'; null: none.
    AnswerMaker(nn::Decoder& decoder, const data::Encoder& encoder, rewards::Rewards rewards, std::shared_ptr<inference::Session> judge,
                const objectives::ObjectiveSettings& settings);

    const rewards::Rewards& rules() const { return m_rewards; }

    // `group` answers to each prompt, one behind the other, judged; without log-probabilities. `progress`: answers. `before`: prompts that
    // stand before these in the update, whose answers are made elsewhere: what is drawn follows from the place. Errors: a
    // row that cannot be read any more, a prompt that fills the model's positions, "cancelled".
    Result<std::vector<rollouts::Answered>> answer(const PromptRows& rows, std::span<const std::uint32_t> prompts, std::int64_t group,
                                                   std::uint64_t seed, const base::Progress& progress, const std::function<bool()>& isStopped,
                                                   std::size_t before = 0);

private:
    struct Row {
        std::string prompt;
        rewards::Answer known; // what there is to judge an answer by
        data::Example turns;   // a conversation without the answer
    };
    Result<Row> rowOf(const PromptRows& rows, const Item& item) const;
    Result<void> score(const std::vector<Row>& rows, std::vector<rollouts::Answered>& answers) const;

    nn::Decoder& m_decoder;
    const data::Encoder& m_encoder;
    rewards::Rewards m_rewards;
    std::shared_ptr<inference::Session> m_judge;
    inference::Stops m_stops;
    objectives::AnswerSettings m_settings;
};

} // namespace luthier::train
