// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/kinds.h"

#include <array>
#include <cmath>

namespace luthier::advice {

namespace {

// Rows below which a run mostly repeats what it saw, and from which more seldom changes much.
constexpr std::int64_t kFew = 50;
constexpr std::int64_t kPlenty = 500;
constexpr std::int64_t kFewHeldOut = 20;
constexpr double kAlikeShare = 0.3;
constexpr std::int64_t kLabels = 30;

double share(std::int64_t part, std::int64_t whole)
{
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string percent(double value)
{
    return std::to_string(static_cast<int>(std::lround(100 * value))) + " %";
}

bool answersAreLabels(const RowsSeen& rows)
{
    return rows.labelled > 0 || (rows.looked >= kFew && rows.distinctAnswers <= kLabels && rows.meanAnswerWords <= 3);
}

std::vector<std::string> measuresOfTask(const RowsSeen& rows)
{
    if (answersAreLabels(rows)) {
        return {"accuracy", "f1_macro"};
    }
    return rows.meanAnswerWords <= 10 ? std::vector<std::string>{"exact_match", "f1_token"} : std::vector<std::string>{"rougeL", "chrf"};
}

std::vector<std::string> measuresOfTexts(const RowsSeen&)
{
    return {"rougeL", "chrf"};
}

std::vector<Check> checkTask(const RowsSeen& rows)
{
    const bool oneForm = rows.distinctShapes <= 2;
    return {{"one_form", oneForm,
             oneForm ? "Answers have one form, as a single task should."
                     : "Answers come in " + std::to_string(rows.distinctShapes)
                           + " forms (lists, sentences, JSON, ...): decide for one and rewrite the others, or it learns to waver between them."}};
}

std::vector<Check> checkInstructions(const RowsSeen& rows)
{
    const double variety = share(rows.distinctBeginnings, rows.looked);
    const bool isDiverse = rows.distinctBeginnings >= 20 && variety >= 0.1;
    std::vector<Check> checks{
        {"many_tasks", isDiverse,
         isDiverse ? "The instructions are of many kinds: " + std::to_string(rows.distinctBeginnings) + " ways to begin."
                   : "The instructions are much alike: only " + std::to_string(rows.distinctBeginnings)
                         + " ways to begin among " + std::to_string(rows.looked) + " rows. To follow instructions in general it needs many kinds of them; mix in a general set."}};
    const bool areAnswers = rows.meanAnswerWords >= 5;
    checks.push_back({"whole_answers", areAnswers,
                      areAnswers ? "Answers are whole ones, " + std::to_string(static_cast<int>(rows.meanAnswerWords)) + " words on average."
                                 : "Answers have " + std::to_string(static_cast<int>(rows.meanAnswerWords))
                                       + " words on average; a helpful assistant is learned from answers that are written out. For short ones take the recipe of one task."});
    return checks;
}

std::vector<Check> checkPreferences(const RowsSeen& rows)
{
    const bool arePairs = rows.looked > 0 && rows.pairs == rows.looked;
    return {{"pairs", arePairs,
             arePairs ? "Every row has a chosen and a rejected answer."
                      : std::to_string(rows.looked - rows.pairs) + " of " + std::to_string(rows.looked)
                            + " rows are no pairs of a chosen and a rejected answer: judge answers on the Judge page, or take another recipe."},
            {"after_sft", true, "First teach the form of answers (supervised), then start from that adapter: preferences move what is there already."}};
}

std::vector<Check> checkTexts(const RowsSeen& rows)
{
    const bool areTexts = rows.looked > 0 && rows.texts == rows.looked;
    return {{"texts", areTexts,
             areTexts ? "Every row is a text." : "Rows are questions with answers: to learn from those take the recipe of a task or of instructions."}};
}

} // namespace

std::span<const Kind> kinds()
{
    static const std::array<Kind, 4> table{
        Kind{"task",
             "One task in one form: it is measured by that task alone, and little else should change.",
             {{"objective.kind", "sft"}, {"data.train_on", "answers"}, {"run.epochs", "3"}},
             measuresOfTask, checkTask},
        Kind{"instructions",
             "Instructions of many kinds: all projections learn, for fewer epochs, and a general set is watched for what is forgotten.",
             {{"objective.kind", "sft"}, {"data.train_on", "answers"}, {"run.epochs", "2"}},
             measuresOfTexts, checkInstructions},
        Kind{"preferences",
             "Pairs of answers: the model learns which one people prefer (DPO), without a reward model.",
             {{"objective.kind", "dpo"}, {"optimizer.learning_rate", "5e-06"}, {"run.epochs", "1"}},
             measuresOfTexts, checkPreferences},
        Kind{"texts",
             "Plain texts: every token is learned, as in pretraining.",
             {{"objective.kind", "pretrain"}, {"data.padding", "packed"}, {"run.epochs", "2"}},
             measuresOfTexts, checkTexts},
    };
    return table;
}

const Kind& kindOf(const std::string& id)
{
    for (const Kind& kind : kinds()) {
        if (kind.id == id) {
            return kind;
        }
    }
    return kinds().front();
}

std::vector<Check> commonChecks(const RowsSeen& rows)
{
    std::vector<Check> checks;
    const std::int64_t all = rows.rows + rows.heldOut;
    checks.push_back({"enough", all >= kFew,
                      all >= kPlenty ? std::to_string(all) + " rows are plenty."
                      : all >= kFew  ? std::to_string(all) + " rows are enough to begin with; the held-out loss will say whether more would help."
                                     : std::to_string(all) + " rows are too few: it would learn them by heart. Write more, up to some hundred, or say the same in other words (Data, Augment)."});
    const double alike = share(rows.nearCopies, all);
    checks.push_back({"different", alike < kAlikeShare,
                      alike < kAlikeShare ? percent(alike) + " of the rows are nearly the same as another."
                                          : percent(alike) + " of the rows are nearly the same as another, so there are fewer to learn from than it seems: keep one of each (Data, Copies) and add different ones."});
    const double answers = share(rows.distinctAnswers, rows.looked);
    if (!answersAreLabels(rows) && rows.looked >= kFew) {
        checks.push_back({"answers", answers >= 0.2,
                          answers >= 0.2 ? "Answers differ." : "Only " + std::to_string(rows.distinctAnswers) + " different answers among "
                                                                   + std::to_string(rows.looked) + " rows: it will learn to say these whatever is asked."});
    }
    checks.push_back({"held_out", rows.heldOut >= kFewHeldOut,
                      rows.heldOut >= kFewHeldOut ? std::to_string(rows.heldOut) + " rows are held out to measure with."
                                                  : "Only " + std::to_string(rows.heldOut) + " rows are held out: differences smaller than some ten percent will not show. Hold out more, or a file of its own."});
    if (rows.nothingToLearn > 0 || rows.broken > 0) {
        checks.push_back({"readable", false,
                          std::to_string(rows.broken) + " rows give no example and " + std::to_string(rows.nothingToLearn) + " have nothing to learn: see them on the Data page."});
    }
    return checks;
}

} // namespace luthier::advice
