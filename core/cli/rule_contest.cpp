// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/rule_contest.h"

#include "core/cli/display.h"
#include "core/rewards/contest.h"
#include "core/train/plan/held_out_list.h"

#include <utility>

namespace luthier::cli {

namespace {

constexpr std::size_t kMost = 100; // prompts

struct Question {
    Prompt prompt;
    rewards::Answer known;
};

Result<std::vector<Question>> questionsOf(const TuneRun& run, const base::CancelToken& cancel)
{
    std::vector<Question> questions;
    const auto take = [&](const data::Dataset& file, std::int64_t row) {
        const auto example = file.example(row);
        if (!example || example->messages.empty()) {
            return true;
        }
        Question question;
        auto turns = example->messages;
        if (!example->chosen.empty()) {
            question.known.expected = example->chosen.back().content;
        }
        while (!turns.empty() && turns.back().role == "assistant") {
            question.known.expected = turns.back().content;
            turns.pop_back();
        }
        if (turns.empty()) {
            return true;
        }
        question.known.prompt = turns.back().content;
        question.prompt.text = turns.back().content;
        question.prompt.messages = std::move(turns);
        questions.push_back(std::move(question));
        return questions.size() < kMost;
    };
    auto read = train::eachHeldOutRow(run.folder, run.rows, take, cancel);
    return read ? Result<std::vector<Question>>(std::move(questions)) : Result<std::vector<Question>>(read.error());
}

std::string textOf(const rewards::Contest& result, const ContestSettings& settings)
{
    std::string rules;
    for (const std::string& rule : settings.rules) {
        rules += (rules.empty() ? "" : " + ") + rule;
    }
    return "By a rule       " + (settings.meaning.empty() ? rules : settings.meaning + "  (" + rules + ")") + "\n                tuned is better in " + counted(result.better) + ", worse in "
           + counted(result.worse) + ", alike in " + counted(result.same) + " of " + counted(result.rows()) + " held-out prompts: win rate " + fixed(result.winRate() * 100, 1)
           + " %\n                mean reward " + fixed(result.before, 3) + " before, " + fixed(result.after, 3) + " after";
}

} // namespace

Result<void> printContest(const ContestSettings& settings, const TuneRun& run, Context& context)
{
    const auto rules = rewards::Rewards::compile(settings.rules);
    if (!rules) {
        return rules.error();
    }
    auto questions = questionsOf(run, context.cancel);
    if (!questions || questions->empty()) {
        return questions ? Result<void>() : Result<void>(questions.error());
    }
    ComparisonSettings comparison{settings.columns, {}, {}, true};
    comparison.sampling.maxNew = settings.longest;
    for (const Question& question : *questions) {
        comparison.prompts.push_back(question.prompt);
    }
    const auto answers = compare(comparison, context);
    if (!answers) {
        return answers.error();
    }
    std::vector<rewards::ContestRow> rows;
    for (std::size_t i = 0; i < questions->size(); ++i) {
        rows.push_back({(*questions)[i].known, (*answers)[0][i], (*answers)[1][i]});
    }
    const rewards::Contest result = rewards::contest(*rules, rows);
    if (context.console.isJson()) {
        context.console.line({{"event", "contest"}, {"rules", settings.rules}, {"meaning", settings.meaning}, {"prompts", result.rows()}, {"better", result.better},
                              {"worse", result.worse}, {"same", result.same}, {"win_rate", result.winRate()}, {"before", result.before}, {"after", result.after}});
    } else {
        context.console.text(textOf(result, settings));
    }
    return {};
}

} // namespace luthier::cli
