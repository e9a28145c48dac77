// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerRewards: what a reward model gives the answers of an evaluation, kept in its log beside them.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/evaluation/evaluate.h"

namespace luthier::evaluation {

// Of every system's answers that have none yet. Errors: it is no reward model, "cancelled".
Result<void> rewardAnswers(const EvalRequest& request, const std::vector<EvalRow>& rows, AnswerLog& log, const EvalTold& told, const base::CancelToken& cancel);

// Scores of conversations: prompt and answer. Errors: as above; a text that cannot be encoded.
Result<std::vector<double>> rewardsOf(inference::Session& session, const std::vector<std::pair<std::vector<data::Message>, std::string>>& conversations,
                                      const base::CancelToken& cancel);
// A reward model, an adapter of one or the run that made it. Error: it gives no single score.
Result<std::shared_ptr<inference::Session>> openRewardModel(const std::filesystem::path& path, const std::string& device, const std::string& dtype);

} // namespace luthier::evaluation
