// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pipeline/reward_scores.h"

#include "core/inference/judge_spec.h"
#include "core/inference/judged_row.h"
#include "core/store/run_rows.h"
#include "core/train/plan/held_out_list.h"

#include <iterator>
#include <utility>

namespace luthier::pipeline {

double RewardScores::accuracy() const
{
    double right = 0;
    for (std::size_t i = 0; i < scores[0].size(); ++i) {
        right += scores[0][i] > scores[1][i] ? 1 : 0;
    }
    return scores[0].empty() ? 0 : right / static_cast<double>(scores[0].size());
}

Result<RewardScores> rewardScores(store::Project& project, store::RunId id, std::int64_t most, const base::CancelToken& cancel)
{
    const auto run = project.run(id);
    auto config = run ? config::fromJson(run->recipe) : Result<config::RunConfig>(run.error());
    auto rows = config ? store::runRows(&project, config->data) : Result<train::RunRows>(config.error());
    auto spec = rows ? inference::rewardModelSpec({run->result, {}, config->model.device, config->model.dtype}) : Result<inference::ModelSpec>(rows.error());
    auto session = spec ? inference::Session::open(*spec) : Result<std::shared_ptr<inference::Session>>(spec.error());
    if (!session) {
        return session.error();
    }
    std::vector<std::vector<text::TokenId>> texts;
    const auto take = [&](const data::Dataset& file, std::int64_t row) {
        const auto example = file.example(row);
        auto pair = example ? inference::textsToJudge(**session, *example) : Result<std::vector<std::vector<text::TokenId>>>(example.error());
        if (pair && pair->size() == 2) {
            std::move(pair->begin(), pair->end(), std::back_inserter(texts));
        }
        return static_cast<std::int64_t>(texts.size() / 2) < most;
    };
    if (auto read = train::eachHeldOutRow(run->folder, *rows, take, cancel); !read) {
        return read.error();
    }
    if (texts.empty()) {
        return Error{"the run held no pair out that could be scored"};
    }
    const auto scores = (*session)->judge(texts, {.cancel = cancel});
    if (!scores) {
        return scores.error();
    }
    RewardScores all;
    for (std::size_t i = 0; i < scores->size(); ++i) {
        all.scores[i % 2].push_back(static_cast<double>((*scores)[i].front()));
    }
    return all;
}

} // namespace luthier::pipeline
