// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluate: carries out a request: every system answers, then the answers are measured, and what came of it lies in the folder. What was
// answered before (broken off, cancelled, killed) is not asked again.
//
// Threads: blocks the calling thread, on which the callbacks are called.
#pragma once

#include "core/evaluation/request.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace luthier::evaluation {

struct EvalProgress {
    std::string what;          // "tuned, general rows"
    std::int64_t done = 0;     // rows of it
    std::int64_t total = 0;
    double secondsLeft = -1;   // of all answers; negative: not known yet
};

struct EvalTold {
    std::function<void(const EvalProgress&)> progress = {};
    std::function<void(const std::string& sentence)> note = {}; // said once each
};

struct Evaluation {
    Results results;
    std::optional<Results> byLabel; // of the same rows, where the likeliest label was kept beside what was written
    std::vector<Results> general;   // of the systems without a prompt, on each general set
    std::vector<SkippedRow> skipped;
    Json json;                      // as results.json
    std::filesystem::path folder;   // empty: nothing is kept
};

// Into `folder`; empty: nothing is kept. Errors: of models, rows, disks, "cancelled"; what was answered is in the folder all the same.
Result<Evaluation> evaluate(const EvalRequest& request, const EvalSets& sets, const std::filesystem::path& folder, const EvalTold& told,
                            const base::CancelToken& cancel = {});

// The same from answers that are there already.
Result<Evaluation> measure(std::vector<ScoredContender> contenders, std::vector<RowFacts> rows, std::vector<SkippedRow> skipped, const EvalRequest& request,
                           const EvalTold& told, const base::CancelToken& cancel = {});
// results.json into the folder.
Result<void> keep(const Evaluation& evaluation);

// What is measured on general rows: how surprising their right answers are, which choice is likeliest where rows have choices, or whether
// the last words are what the model would have written.
std::vector<const metrics::Metric*> generalMetrics(const EvalRows& rows);

// One sentence about what was forgotten: by the general rows, and how it went over the checkpoints where some answered.
std::string forgettingOf(const Results& general, const std::vector<EvalSystem>& systems);
// The same of several sets together; `names` are the sets'.
std::string forgettingOf(const std::vector<Results>& general, const std::vector<std::string>& names, const std::vector<EvalSystem>& systems);

// How what was there before fared over a run's steps. Of one set: its first metric. Of several: the mean over them of what is left of the
// base's, in per cent.
struct ForgettingCurve {
    std::string name;
    std::vector<std::pair<double, double>> points; // step and value, ascending; empty: no checkpoints answered
};
ForgettingCurve forgettingCurve(const std::vector<Results>& general, const std::vector<EvalSystem>& systems);

} // namespace luthier::evaluation
