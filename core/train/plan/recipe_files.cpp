// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/recipe_files.h"

#include "core/inference/judge_spec.h"
#include "core/objectives/objectives.h"
#include "core/nn/batch/position_tables.h"
#include "core/objectives/rollout_settings.h"
#include "core/rewards/rewards.h"
#include "core/weights/model_folder.h"

#include <limits>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kProbe = "Name 3 things that float: \xC3\xA9, {x} and 42.";

// Null: this objective asks no reward model.
const objectives::AnswerSettings* answersOf(const config::RunConfig& config)
{
    const objectives::Objective* objective = objectives::findObjective(config.objective.kind);
    return objective && objective->rollouts ? &config.objective.of<objectives::AnswerSettings>() : nullptr;
}

Error ofRewardModel(const std::string& message)
{
    return {"objective.reward_model: " + message};
}

Result<inference::ModelSpec> specOf(const config::RunConfig& config, const std::string& path)
{
    auto spec = inference::rewardModelSpec({path, {}, config.model.device, config.model.dtype});
    return spec ? std::move(spec) : Result<inference::ModelSpec>(ofRewardModel(spec.message()));
}

std::vector<fs::path> pathsOf(const inference::ModelSpec& spec)
{
    std::vector<fs::path> paths;
    for (const inference::AdapterSpec& adapter : spec.adapters) {
        paths.push_back(adapter.path);
    }
    return paths;
}

Result<void> readsConversations(const data::Encoder& judge)
{
    data::Example example;
    example.messages = {{"user", "How many legs has a spider?", {}}, {"assistant", "Eight.", {}}};
    const auto encoded = judge.encode(example, {std::numeric_limits<std::int64_t>::max(), false});
    return encoded ? Result<void>() : Result<void>(encoded.error());
}

} // namespace

Result<void> checkRecipeFiles(const config::RunConfig& config)
{
    const objectives::AnswerSettings* answers = answersOf(config);
    if (answers == nullptr) {
        return {};
    }
    if (const auto rules = rewards::Rewards::compile(answers->rewards); !rules) {
        return Error{"objective.rewards: " + rules.message()};
    }
    const auto spec = answers->rewardModel.empty() ? Result<inference::ModelSpec>(inference::ModelSpec()) : specOf(config, answers->rewardModel);
    return spec ? Result<void>() : Result<void>(spec.error());
}

Result<std::vector<std::string>> rewardModelRemarks(const config::RunConfig& config, const data::Encoder& own, const JudgedTexts& texts)
{
    std::vector<std::string> remarks;
    const objectives::AnswerSettings* answers = answersOf(config);
    if (answers == nullptr || answers->rewardModel.empty()) {
        return remarks;
    }
    const auto spec = specOf(config, answers->rewardModel);
    const auto judge = spec ? data::Encoder::load(spec->path, spec->chatTemplate, pathsOf(*spec)) : Result<data::Encoder>(spec.error());
    if (!judge) {
        return spec ? ofRewardModel(judge.message()) : judge.error();
    }
    if (auto reads = texts.areTexts ? Result<void>() : readsConversations(*judge); !reads) {
        return ofRewardModel("the reward model cannot read an answer: " + reads.message());
    }
    const auto folder = weights::ModelFolder::open(spec->path);
    const std::int64_t most = folder ? nn::longestText(folder->config()) : 0;
    if (folder && texts.longest + answers->maxNew > most) {
        remarks.push_back("The reward model reads texts of " + std::to_string(most) + " tokens at most; the longest prompt has " + std::to_string(texts.longest) + ", and its answer may have "
                          + std::to_string(answers->maxNew) + " more. A longer text ends the run: lower data.max_length or objective.max_new.");
    }
    if (judge->tokenizer->vocabSize() != own.tokenizer->vocabSize() || judge->tokenizer->ids(kProbe) != own.tokenizer->ids(kProbe)) {
        remarks.push_back("The reward model cuts text into other tokens than the model (a vocabulary of " + std::to_string(judge->tokenizer->vocabSize()) + ", here "
                          + std::to_string(own.tokenizer->vocabSize()) + "): it reads the answers as text, and needs memory of its own beside the model.");
    }
    if (answers->rewardModelWeight == 0) {
        remarks.push_back("The weight of the reward model is 0: its score counts for nothing. Raise objective.reward_model_weight, or name no reward model.");
    }
    return remarks;
}

} // namespace luthier::train
