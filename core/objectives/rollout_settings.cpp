// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/rollout_settings.h"

namespace luthier::objectives {

using fields::field;

const fields::Section& answerSection()
{
    static const auto section = fields::section<ObjectiveSettings, AnswerSettings>({
        field<&AnswerSettings::rewards>("rewards", "Rewards", "Rules that answers are judged by, their weighted rewards added up, such as length most=20, contains texts=please weight=0.5. "
                                                              "luthier rewards list shows them. Usually exact: the answer in the data."),
        field<&AnswerSettings::rewardModel>("reward_model", "Reward model", "A reward model whose score counts as well: its folder, its adapter, or the run that made it. Usually empty."),
        field<&AnswerSettings::rewardModelWeight>("reward_model_weight", "Weight of the model", "What the score is multiplied with. Usually 1.", {.low = -1000, .high = 1000}, {.advanced = true}),
        field<&AnswerSettings::maxNew>("max_new", "Longest answer", "Answers are cut after so many tokens. Usually 64 to 512.", {.low = 1, .high = 65536}, {.unit = "tokens"}),
        field<&AnswerSettings::temperature>("temperature", "Temperature", "Answers are drawn at this temperature, and their probabilities taken at it. Above 0, usually 1.",
                                            {.low = 0, .high = 10, .lowOpen = true}),
        field<&AnswerSettings::atOnce>("answers_at_once", "Answers at once", "Answers made side by side; more take more memory. Usually 64.", {.low = 1, .high = 4096}, {.advanced = true}),
        field<&AnswerSettings::look>("first_answers", "Answers before the start", "So many are sampled and judged first, to show what there is to learn. 0: none, usually 16.",
                                     {.low = 0, .high = 1024}, {.advanced = true}),
        field<&AnswerSettings::keep>("keep_updates", "Updates kept", "The answers of so many updates stay in the run's folder, the newest and the first. Usually 200.",
                                     {.low = 2, .high = 1e6}, {.advanced = true}),
    });
    return section;
}

const fields::Section& groupSection()
{
    static const auto section = fields::section<ObjectiveSettings, GroupSettings>({
        field<&GroupSettings::group>("group", "Answers to a prompt", "They are compared with each other. 2 or more, usually 8.", {.low = 2, .high = 1024}),
        field<&GroupSettings::iterations>("iterations", "Passes", "Optimizer steps over the same answers. Usually 1.", {.low = 1, .high = 64}, {.advanced = true}),
    });
    return section;
}

const fields::Section& clipSection()
{
    static const auto section = fields::section<ObjectiveSettings, ClipSettings>({
        field<&ClipSettings::clip>("clip", "Clip", "How far the probability of a token may go from what it was when the answer was made. Usually 0.2.", {.low = 0, .high = 1, .lowOpen = true}),
        field<&ClipSettings::clipHigh>("clip_high", "Clip above", "The same upwards. 0: as the clip (usual); 0.28 lets rare tokens grow.", {.low = 0, .high = 10}, {.advanced = true}),
    });
    return section;
}

const fields::Section& klSection()
{
    static const auto section = fields::section<ObjectiveSettings, KlSettings>({
        field<&KlSettings::klInReward>("kl_in_reward", "KL in the reward", "How much going away from the model before the run costs, taken off each token's reward. Usually 0.05.", {.low = 0, .high = 100}),
    });
    return section;
}

std::vector<fields::Rule> rolloutRules(bool grouped)
{
    std::vector<fields::Rule> rules{
        {{"objective.rewards", "objective.reward_model"},
         "Name at least one rule that rewards answers, such as length most=20, or a reward model; luthier rewards list shows the rules.",
         [](const fields::SettingsView& run) { return run.list("objective.rewards").empty() && run.text("objective.reward_model").empty(); }},
        {{"data.padding"},
         "Answers that are made while training cannot be packed: set data.padding to longest or length_buckets.",
         [](const fields::SettingsView& run) { return run.text("data.padding") == "packed"; }},
        {{"model.from_scratch"},
         "Random weights give no answers to learn from: tune on examples first.",
         [](const fields::SettingsView& run) { return run.isOn("model.from_scratch"); }},
        {{"run.row_losses"},
         "The loss of rows can only be measured where rows have answers: switch run.row_losses off.",
         [](const fields::SettingsView& run) { return run.isOn("run.row_losses"); }},
    };
    if (grouped) {
        rules.push_back({{"objective.group", "run.batch_size", "run.gradient_accumulation"},
                         "A step's answers (run.batch_size x run.gradient_accumulation) must be whole groups: make them a multiple of objective.group.",
                         [](const fields::SettingsView& run) {
                             const auto answers = static_cast<std::int64_t>(run.number("run.batch_size") * run.number("run.gradient_accumulation"));
                             return answers % static_cast<std::int64_t>(run.number("objective.group")) != 0;
                         }});
    }
    return rules;
}

} // namespace luthier::objectives
