// SPDX-License-Identifier: GPL-3.0-or-later
// Answering: a contender answers rows, many at once, and says how likely it finds their references. What the log knows is not done again;
// each answer is in the log as soon as it is whole.
//
// Threads: blocks the calling thread, on which progress is called.
#pragma once

#include "core/evaluation/answer_log.h"
#include "core/evaluation/contender.h"
#include "core/evaluation/results.h"
#include "core/inference/session.h"

#include <functional>
#include <string>
#include <vector>

namespace luthier::evaluation {

struct AnsweringSettings {
    inference::Sampling sampling;
    std::int64_t batch = 16;
    bool isChat = true;              // questions through the chat template; false: turns as bare texts, one below the other
    bool likelihood = false;         // score the references, too
    bool answers = true;             // false: only that
    std::vector<std::string> labels; // where there are any, the answer is the likeliest of them and nothing is written freely
    bool labelsBeside = false;       // but it is, and the likeliest label is kept beside what is written
};

// Whether the row's answer is written freely; else it is the likeliest of labels or choices, or its texts are scored.
bool isWritten(const AnsweringSettings& settings, const EvalRow& row);

// Nothing is written, and no labels are asked for: references, choices and last words are scored.
AnsweringSettings scoringOnly(AnsweringSettings settings);

// What decides the answers, for the log.
Json toJson(const AnsweringSettings& settings);

// done and total in rows; the text says what goes on.
using ToldOfAnswers = std::function<void(const std::string& what, std::int64_t done, std::int64_t total)>;

// A row that cannot be answered (too long, no template for it) is kept in the log with its problem and hinders no other.
// Errors: of the log, of the model, "cancelled".
Result<void> answerRows(inference::Session& session, const Contender& contender, const std::vector<EvalRow>& rows, const AnsweringSettings& settings,
                        AnswerLog& log, const ToldOfAnswers& told, const base::CancelToken& cancel);

// Rows that all contenders answered, for results(); `skipped` grows by the others.
struct Scored {
    std::vector<ScoredContender> contenders;
    std::vector<RowFacts> rows;
};
// byLabel: the likeliest label that was kept beside each written answer is the answer.
Scored scoredRows(const std::vector<EvalRow>& rows, const std::vector<std::pair<std::string, std::string>>& idsAndTitles, const AnswerLog& log,
                  std::vector<SkippedRow>& skipped, bool byLabel = false);

// The labels that references name, where they are at most `most` short ones; empty where they are no labels.
std::vector<std::string> labelsIn(const std::vector<EvalRow>& rows, std::size_t most = 30);

} // namespace luthier::evaluation
