// SPDX-License-Identifier: GPL-3.0-or-later
// ModelJudge: a model that judges pairs of answers, by a rubric that a person writes, or a reward model by its scores. A model that answers
// is asked in both orders and never says more than "A" or "B": which is likelier counts, so that its text need not be understood. Where the
// order decides, the vote is a tie and the flip is counted. What it says is believed after it was held against people's votes.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/evaluation/judging.h"
#include "core/inference/session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace luthier::evaluation {

// {question}, {first}, {second} and {reference} are replaced; the answer that is asked for is "A" or "B".
extern const char* const kUsualRubric;
// Error: one of {first} and {second} is missing.
Result<void> checkRubric(const std::string& rubric);

class ModelJudge {
public:
    // Error: the model has no chat template, the rubric lacks a place.
    static Result<ModelJudge> asking(std::shared_ptr<inference::Session> session, const std::string& name, const std::string& rubric);
    // Error: it is no reward model.
    static Result<ModelJudge> scoring(std::shared_ptr<inference::Session> session, const std::string& name);

    const std::string& name() const { return m_name; } // "model: NAME", as its votes say
    // Error: the pair is too long for it.
    Result<Vote> judge(const JudgedPair& pair, const base::CancelToken& cancel = {}) const;

private:
    ModelJudge(std::shared_ptr<inference::Session> session, std::string name, std::string rubric);
    Result<double> firstOver(const JudgedPair& pair, const std::string& a, const std::string& b) const;

    std::shared_ptr<inference::Session> m_session;
    std::string m_name;
    std::string m_rubric; // empty: it scores
};

struct JudgedByModel {
    std::int64_t judged = 0;
    std::vector<std::string> problems; // pairs that it could not judge, a sentence each
};
// Of all pairs that it has not judged yet; each vote is kept before the next pair. Errors: of `keep`, "cancelled".
Result<JudgedByModel> judgeAll(const ModelJudge& judge, const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes,
                               const std::function<Result<void>(const Vote&)>& keep, const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::evaluation
