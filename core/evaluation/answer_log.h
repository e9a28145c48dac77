// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerLog: the answers of an evaluation, written to its folder one by one as they come, so that what was answered is never answered
// again: not after Ctrl-C, a crash or a full disk. Lines of answers.jsonl:
//   {"system":"base","row":3,"prediction":"...","finish":"stop","confidence":0.93,"log_prob":-2.1,"tokens":4}
// A last line that was broken off is left out and told. What the answers came of lies beside it in asked.json; a log that came of something
// else is never mixed with them.
//
// Threads: one at a time.
#pragma once

#include "core/base/json.h"
#include "core/metrics/scored_row.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace luthier::evaluation {

struct Answer {
    std::string prediction;
    std::string finish;               // stop, length; "label": the likeliest of the labels; "last words": what it would have written in their place; "error": `prediction` is empty, see `problem`
    std::optional<double> confidence; // probability of the answer
    std::optional<metrics::Likelihood> likelihood; // of the reference
    std::string problem;
    std::vector<double> choices = {};  // ln p of each of the row's choices
    std::optional<double> reward = {}; // what the reward model gave it
    std::optional<bool> isGreedy = {}; // of last words: they are the likeliest; `choices` has their ln p
    std::string label = {};            // beside a written answer: the likeliest of the labels, and how sure
    std::optional<double> labelConfidence = {};
};

class AnswerLog {
public:
    // `asked`: everything that decides the answers. An empty folder keeps nothing. Errors: the folder's answers came of something else,
    // which is named; what disks say.
    static Result<AnswerLog> open(const std::filesystem::path& folder, const Json& asked);
    AnswerLog(AnswerLog&&) noexcept;
    AnswerLog& operator=(AnswerLog&&) noexcept;
    ~AnswerLog();

    const Answer* find(const std::string& system, std::int64_t row) const;
    std::size_t size() const { return m_answers.size(); }
    Result<void> add(const std::string& system, std::int64_t row, const Answer& answer);
    bool wasBrokenOff() const { return m_wasBrokenOff; }

private:
    class Sink;
    AnswerLog();

    std::unique_ptr<Sink> m_sink; // null: nothing is kept
    std::map<std::pair<std::string, std::int64_t>, Answer> m_answers;
    bool m_wasBrokenOff = false;
};

} // namespace luthier::evaluation
