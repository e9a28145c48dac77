// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/metric_rows.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace luthier::metrics {

namespace {

using measures::Better;

constexpr std::array kTable{
    Metric{"accuracy", "accuracy", "Share of answers that are the label, blanks around it left out", "", Better::Higher, 4, kReferences, true, accuracy},
    Metric{"exact_match", "exact match", "Share of answers that equal the reference, letter for letter", "", Better::Higher, 4, kReferences, true,
           exactMatch},
    Metric{"precision_micro", "precision, micro", "Of all answers, the share that is right (scikit-learn)", "", Better::Higher, 4, kReferences, false,
           precisionMicro},
    Metric{"precision_macro", "precision, macro", "Mean over the labels of the share of answers with it that are right (scikit-learn)", "",
           Better::Higher, 4, kReferences, false, precisionMacro},
    Metric{"recall_micro", "recall, micro", "Of all rows, the share that is found (scikit-learn)", "", Better::Higher, 4, kReferences, false, recallMicro},
    Metric{"recall_macro", "recall, macro", "Mean over the labels of the share of rows with it that are found (scikit-learn)", "", Better::Higher, 4,
           kReferences, false, recallMacro},
    Metric{"f1_micro", "F1, micro", "From the counts of all labels together (scikit-learn)", "", Better::Higher, 4, kReferences, false, f1Micro},
    Metric{"f1_macro", "F1, macro", "Mean over the labels of the harmonic mean of precision and recall (scikit-learn)", "", Better::Higher, 4,
           kReferences, false, f1Macro},
    Metric{"f1_token", "F1 of words", "Words in common, case, punctuation and articles left out, the best reference (SQuAD 1.1)", "", Better::Higher, 4,
           kReferences, false, tokenF1},
    Metric{"bleu", "BLEU", "Word sequences in common, of the whole set (sacrebleu: 13a, exp); of a row with effective order", "", Better::Higher, 2,
           kReferences, false, bleu},
    Metric{"chrf", "chrF", "Character sequences in common, of the whole set (sacrebleu: chrF2)", "", Better::Higher, 2, kReferences, false, chrf},
    Metric{"rouge1", "ROUGE-1", "Words in common, mean of the rows' F (rouge-score)", "", Better::Higher, 4, kReferences, false, rouge1},
    Metric{"rouge2", "ROUGE-2", "Pairs of words in common, mean of the rows' F (rouge-score)", "", Better::Higher, 4, kReferences, false, rouge2},
    Metric{"rougeL", "ROUGE-L", "Longest common sequence of words, mean of the rows' F (rouge-score)", "", Better::Higher, 4, kReferences, false, rougeL},
    Metric{"rougeLsum", "ROUGE-Lsum", "Longest common sequences line by line, mean of the rows' F (rouge-score)", "", Better::Higher, 4, kReferences,
           false, rougeLsum},
    Metric{"perplexity", "perplexity", "How surprising the references are to the model, over all their tokens", "", Better::Lower, 4, kLikelihood, false,
           perplexity},
    Metric{"ece", "calibration error", "How far the model's certainty is from how often it is right, in 15 equal bins", "", Better::Lower, 4,
           kReferences | kConfidence, false, calibrationError},
    Metric{"length", "length", "Mean length of the answers", "characters", Better::Neither, 1, 0, false, lengthInCharacters},
    Metric{"repetition", "repetition", "Share of sequences of four words that stood in the same answer before", "", Better::Lower, 4, 0, false, repetition},
    Metric{"empty", "empty answers", "Share of answers that are empty or blank", "", Better::Lower, 4, 0, true, emptyAnswers},
    Metric{"json_valid", "JSON", "Share of answers that are valid JSON as they stand", "", Better::Higher, 4, 0, true, jsonStrict},
    Metric{"json_valid_lenient", "JSON, lenient", "Share of answers that hold valid JSON, in a code block or between other text", "", Better::Higher, 4, 0,
           true, jsonLenient},
    Metric{"schema_valid", "JSON by schema", "Share of answers that are JSON as the schema wants it", "", Better::Higher, 4, kSchema, true, schemaValid},
    Metric{"regex_match", "pattern", "Share of answers in which the regular expression is found", "", Better::Higher, 4, kPattern, true, regexMatch},
    Metric{"code_fences", "code blocks", "Share of answers with a code block, each closed", "", Better::Higher, 4, 0, true, codeFences},
    Metric{"number_match", "number", "Share of answers whose final number is right: alone, behind #### or in \\boxed{}", "", Better::Higher, 4, kReferences,
           true, numberStrict},
    Metric{"number_match_lenient", "number, lenient", "Share of answers whose last number, wherever it stands, is right", "", Better::Higher, 4,
           kReferences, true, numberLenient},
    Metric{"acc", "right choice", "Share of rows whose right choice is the likeliest (lm-evaluation-harness: acc)", "", Better::Higher, 4, kChoices, true,
           choiceRight},
    Metric{"acc_norm", "right choice, by length", "The same with each choice's log-likelihood divided by its characters (lm-evaluation-harness: acc_norm)", "",
           Better::Higher, 4, kChoices, true, choiceRightByCharacters},
    Metric{"acc_bytes", "right choice, by bytes", "The same divided by its bytes (lm-evaluation-harness: acc_bytes)", "", Better::Higher, 4, kChoices, true,
           choiceRightByBytes},
    Metric{"cloze_acc", "last words", "Share of rows whose last words are the likeliest, token for token (lm-evaluation-harness: acc of lambada)", "", Better::Higher, 4, kCloze,
           true, lastWordsRight},
    Metric{"cloze_perplexity", "surprise at last words", "How surprising the last words are, by the mean over rows (lm-evaluation-harness: perplexity of lambada)", "",
           Better::Lower, 3, kCloze, false, lastWordsPerplexity},
    Metric{"reward", "reward", "Mean score that a reward model gives the answers", "", Better::Higher, 3, kReward, false, rewardOfModel},
};

std::string namesOfAll()
{
    std::string names;
    for (const Metric& metric : kTable) {
        names += (names.empty() ? "" : ", ") + std::string(metric.id);
    }
    return names;
}

} // namespace

double Measurement::value() const
{
    return value(std::vector<std::uint32_t>(rows(), 1));
}

std::span<const Metric> metrics()
{
    return kTable;
}

Result<const Metric*> findMetric(std::string_view id)
{
    constexpr std::array<std::array<std::string_view, 2>, 4> kShort{
        {{"f1", "f1_macro"}, {"precision", "precision_macro"}, {"recall", "recall_macro"}, {"rougelsum", "rougeLsum"}}};
    for (const auto& [shortName, whole] : kShort) {
        id = id == shortName ? whole : id;
    }
    const auto row = std::find_if(kTable.begin(), kTable.end(), [id](const Metric& metric) { return metric.id == id; });
    if (row == kTable.end()) {
        return Error{"there is no metric \"" + std::string(id) + "\"; there are " + namesOfAll()};
    }
    return &*row;
}

Result<std::vector<const Metric*>> metricsByName(std::string_view names)
{
    std::vector<const Metric*> found;
    while (!names.empty()) {
        const auto comma = names.find(',');
        auto name = names.substr(0, comma);
        while (name.starts_with(' ')) {
            name.remove_prefix(1);
        }
        while (name.ends_with(' ')) {
            name.remove_suffix(1);
        }
        const auto metric = findMetric(name);
        if (!metric) {
            return metric.error();
        }
        if (std::find(found.begin(), found.end(), *metric) == found.end()) {
            found.push_back(*metric);
        }
        names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
    }
    return found.empty() ? Result<std::vector<const Metric*>>(Error{"no metric is named; there are " + namesOfAll()}) : found;
}

std::string missingFor(const Metric& metric, const ScoredRow& row)
{
    if ((metric.needs & kReferences) != 0 && row.references.empty()) {
        return "it has no reference, which " + std::string(metric.id) + " compares with";
    }
    if ((metric.needs & kLikelihood) != 0 && !row.likelihood) {
        return std::string(metric.id) + " needs a model that scores the references; texts alone have no probabilities";
    }
    if ((metric.needs & kConfidence) != 0 && !row.confidence) {
        return std::string(metric.id) + " needs a \"confidence\" from 0 to 1 beside each prediction, or a model that answers";
    }
    if ((metric.needs & kChoices) != 0 && !row.choices) {
        return std::string(metric.id) + " needs rows with choices, of which one is right, and a model that scores them";
    }
    if ((metric.needs & kCloze) != 0 && !row.cloze) {
        return std::string(metric.id) + " needs rows whose last words are wanted ({\"context\":...,\"target\":...}, or texts with --cloze 1), and a model that scores them";
    }
    if ((metric.needs & kReward) != 0 && !row.reward) {
        return std::string(metric.id) + " needs a reward model that scores the answers";
    }
    return {};
}

} // namespace luthier::metrics
