// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/answer_rewards.h"

#include "core/inference/judge_spec.h"
#include "core/inference/judged_row.h"

#include <algorithm>

namespace luthier::evaluation {

namespace {

constexpr std::size_t kTogether = 256;

} // namespace

Result<std::shared_ptr<inference::Session>> openRewardModel(const std::filesystem::path& path, const std::string& device, const std::string& dtype)
{
    const auto spec = inference::rewardModelSpec({path, {}, device, dtype});
    return spec ? inference::Session::open(*spec) : Result<std::shared_ptr<inference::Session>>(spec.error());
}

Result<std::vector<double>> rewardsOf(inference::Session& session, const std::vector<std::pair<std::vector<data::Message>, std::string>>& conversations,
                                      const base::CancelToken& cancel)
{
    std::vector<std::vector<text::TokenId>> texts;
    for (const auto& [prompt, answer] : conversations) {
        data::Example example;
        example.messages = prompt;
        example.messages.push_back({"assistant", answer, {}});
        auto ids = inference::textsToJudge(session, example);
        if (!ids) {
            return ids.error();
        }
        texts.push_back(std::move(ids->front()));
    }
    const auto scores = session.judge(texts, {.cancel = cancel});
    if (!scores) {
        return scores.error();
    }
    std::vector<double> rewards;
    for (const auto& score : *scores) {
        rewards.push_back(score.front());
    }
    return rewards;
}

Result<void> rewardAnswers(const EvalRequest& request, const std::vector<EvalRow>& rows, AnswerLog& log, const EvalTold& told, const base::CancelToken& cancel)
{
    struct Open {
        const EvalSystem* system;
        const EvalRow* row;
    };
    std::vector<Open> open;
    for (const auto& system : request.systems) {
        for (const auto& row : rows) {
            const Answer* answer = log.find(system.id, row.row);
            if (answer != nullptr && answer->problem.empty() && !answer->reward && !row.prompt.empty()) {
                open.push_back({&system, &row});
            }
        }
    }
    if (open.empty()) {
        return {};
    }
    const auto session = openRewardModel(request.rewardModel, request.device, request.dtype);
    if (!session) {
        return session.error();
    }
    for (std::size_t begin = 0; begin < open.size(); begin += kTogether) {
        const std::size_t end = std::min(open.size(), begin + kTogether);
        std::vector<std::pair<std::vector<data::Message>, std::string>> conversations;
        for (std::size_t i = begin; i < end; ++i) {
            conversations.emplace_back(open[i].row->prompt, log.find(open[i].system->id, open[i].row->row)->prediction);
        }
        const auto rewards = rewardsOf(**session, conversations, cancel);
        if (!rewards) {
            return rewards.error();
        }
        for (std::size_t i = begin; i < end; ++i) {
            Answer answer = *log.find(open[i].system->id, open[i].row->row);
            answer.reward = (*rewards)[i - begin];
            if (auto kept = log.add(open[i].system->id, open[i].row->row, answer); !kept) {
                return kept;
            }
        }
        if (told.progress) {
            told.progress({"reward model", static_cast<std::int64_t>(end), static_cast<std::int64_t>(open.size()), -1});
        }
    }
    return {};
}

} // namespace luthier::evaluation
