// SPDX-License-Identifier: GPL-3.0-or-later
// Rewards: several rules with their weights, ready to judge answers, and RewardTally: what they gave over many, which says
// when a rule teaches nothing.
//
// Threads: Rewards from any thread; a tally from one at a time.
#pragma once

#include "core/rewards/rule.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace luthier::rewards {

struct Judged {
    double reward = 0;             // sum over the rules of weight times reward
    std::vector<Verdict> verdicts; // of each rule, without its weight
};

class Rewards {
public:
    // Each text as parseRule reads it. Errors name the rule by its place: "rule 2: ...".
    static Result<Rewards> compile(std::span<const std::string> texts);

    std::size_t size() const { return m_rules.size(); }
    const std::string& text(std::size_t rule) const { return m_rules[rule].text; }
    double weight(std::size_t rule) const { return m_rules[rule].weight; }
    bool needsExpected() const; // some rule gives 0 where the data has no answer

    Judged judge(const Answer& answer) const;

private:
    struct Weighed {
        std::string text;
        double weight = 1;
        Judge judge;
    };
    std::vector<Weighed> m_rules;
};

class RewardTally {
public:
    explicit RewardTally(const Rewards& rewards) : m_rewards(rewards), m_rules(rewards.size()) {}

    void add(const Judged& judged);
    std::int64_t answers() const { return m_answers; }
    double mean(std::size_t rule) const; // without the weight
    // A rule that gave 0 to every answer never fires, and one that gives the same to all teaches nothing: a sentence each.
    // Empty with fewer than two answers.
    std::vector<std::string> findings() const;

private:
    struct Seen {
        double sum = 0;
        double low = 0;
        double high = 0;
        std::string why; // of its first
    };
    const Rewards& m_rewards;
    std::vector<Seen> m_rules;
    std::int64_t m_answers = 0;
};

} // namespace luthier::rewards
