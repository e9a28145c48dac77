// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/named_paths.h"

#include "core/objectives/rollout_settings.h"
#include "core/rewards/rule.h"

#include <utility>

namespace luthier::config {

namespace {

// Settings that nobody touched stay untouched.
void eachOfAnswers(objectives::ObjectiveSettings& objective, const std::function<void(std::string& path)>& each)
{
    objectives::AnswerSettings answers = std::as_const(objective).of<objectives::AnswerSettings>();
    bool isOther = false;
    const auto told = [&](std::string& path) {
        const std::string before = path;
        if (!path.empty()) {
            each(path);
        }
        isOther = isOther || path != before;
    };
    told(answers.rewardModel);
    for (std::string& rule : answers.rewards) {
        rule = rewards::withFile(rule, told);
    }
    if (isOther) {
        objective.of<objectives::AnswerSettings>() = std::move(answers);
    }
}

} // namespace

void eachPath(RunConfig& config, const std::function<void(std::string& path)>& each)
{
    for (std::string* path : {&config.model.path, &config.model.adapter}) {
        if (!path->empty()) {
            each(*path);
        }
    }
    for (auto* files : {&config.data.train, &config.data.heldOut, &config.data.general}) {
        for (std::string& file : *files) {
            if (!file.empty()) {
                each(file);
            }
        }
    }
    eachOfAnswers(config.objective, each);
}

void makePathsAbsolute(RunConfig& config, const std::filesystem::path& folder)
{
    eachPath(config, [&](std::string& path) {
        if (std::filesystem::path(path).is_relative()) {
            path = std::filesystem::absolute(folder / path).lexically_normal().string();
        }
    });
}

} // namespace luthier::config
