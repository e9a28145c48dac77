// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/rewards.h"

#include "core/rewards/answer_part.h"

#include <algorithm>

namespace luthier::rewards {

Result<Rewards> Rewards::compile(std::span<const std::string> texts)
{
    Rewards rewards;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto settings = parseRule(texts[i]);
        auto judge = settings ? findRule(settings->kind)->make(*settings) : Result<Judge>(settings.error());
        if (!judge) {
            return Error{"rule " + std::to_string(i + 1) + ": " + judge.message()};
        }
        rewards.m_rules.push_back({toText(*settings), settings->weight, std::move(*judge)});
    }
    return rewards;
}

bool Rewards::needsExpected() const
{
    return std::any_of(m_rules.begin(), m_rules.end(), [](const Weighed& rule) {
        const auto settings = parseRule(rule.text);
        return settings && findRule(settings->kind)->needsExpected && rule.text.find(" value=") == std::string::npos;
    });
}

Judged Rewards::judge(const Answer& answer) const
{
    Judged judged;
    for (const Weighed& rule : m_rules) {
        judged.verdicts.push_back(rule.judge(answer));
        judged.reward += rule.weight * judged.verdicts.back().reward;
    }
    return judged;
}

void RewardTally::add(const Judged& judged)
{
    for (std::size_t i = 0; i < m_rules.size(); ++i) {
        const double value = judged.verdicts[i].reward;
        Seen& seen = m_rules[i];
        seen.low = m_answers == 0 ? value : std::min(seen.low, value);
        seen.high = m_answers == 0 ? value : std::max(seen.high, value);
        seen.why = m_answers == 0 ? judged.verdicts[i].why : seen.why;
        seen.sum += value;
    }
    ++m_answers;
}

double RewardTally::mean(std::size_t rule) const
{
    return m_answers > 0 ? m_rules[rule].sum / static_cast<double>(m_answers) : 0;
}

std::vector<std::string> RewardTally::findings() const
{
    std::vector<std::string> sentences;
    for (std::size_t i = 0; m_answers > 1 && i < m_rules.size(); ++i) {
        const Seen& seen = m_rules[i];
        if (seen.low != seen.high) {
            continue;
        }
        const std::string name = "Rule " + std::to_string(i + 1) + " (" + m_rewards.text(i) + ") ";
        sentences.push_back(seen.high == 0
                                ? name + "never fired: all " + std::to_string(m_answers) + " answers got 0. The first: " + seen.why
                                      + ". Make it easier, or tune on examples of it first."
                                : name + "gave " + shortNumber(seen.high) + " to all " + std::to_string(m_answers)
                                      + " answers, so it tells none from another.");
    }
    return sentences;
}

} // namespace luthier::rewards
