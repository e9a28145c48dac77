// SPDX-License-Identifier: GPL-3.0-or-later
// Answers of a run that was never made: three updates of four answers to two prompts, whose rewards rise.
#pragma once

#include "core/rollouts/rollout_log.h"

#include <QtTest>

#include <filesystem>
#include <string>

namespace luthier::support {

inline rollouts::Answered madeAnswer(std::int64_t row, std::int64_t group, const std::string& answer, double reward, std::int64_t update)
{
    rollouts::Answered answered;
    answered.row = row;
    answered.group = group;
    answered.prompt = row == 3 ? "What does Mira sell?" : "Where does Tam work?";
    answered.answer = answer;
    answered.promptIds = {1, 4, 17};
    answered.ids = {1774, 617, 1757, 939, 3998};
    answered.verdicts = {{reward, reward > 0.5 ? "1 of 1 found" : "0 of 1 found"}, {0.5, "5 tokens, at most 20"}};
    auto& numbers = answered.numbers;
    numbers.reward = reward + 0.25;
    numbers.ended = reward > 0;
    for (std::size_t i = 0; i < answered.ids.size(); ++i) {
        const auto at = static_cast<float>(i);
        numbers.logProbs.push_back(-0.1F * at - 0.05F);
        numbers.reference.push_back(-0.1F * at - 0.05F - 0.02F * static_cast<float>(update) * at);
        numbers.advantages.push_back(static_cast<float>(reward - 0.5) * (at + 1));
        numbers.values.push_back(0.3F + 0.1F * at);
        numbers.returns.push_back(static_cast<float>(reward));
    }
    return answered;
}

inline void writeAnswers(const std::filesystem::path& run)
{
    for (std::int64_t number = 1; number <= 3; ++number) {
        rollouts::Update update{number, (number - 1) * 4, 0.1, 0.1, {}};
        const double rise = 0.25 * static_cast<double>(number);
        update.answers = {madeAnswer(3, 0, "Mira sells rye bread, because people like it.", rise, number), madeAnswer(3, 0, "Mira sells rye bread.", 0, number),
                          madeAnswer(8, 1, "Tam works at the forge.", 0.1 * static_cast<double>(number), number),
                          madeAnswer(8, 1, "Tam works at the forge, because he is the smith.", 1, number)};
        QVERIFY(rollouts::writeUpdate(run, update, 100));
    }
}

} // namespace luthier::support
