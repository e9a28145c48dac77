// SPDX-License-Identifier: GPL-3.0-or-later
// What stands behind the lines of metrics.cpp: one function for each metric.
#pragma once

#include "core/metrics/metric.h"

namespace luthier::metrics {

using Measured = Result<std::unique_ptr<Measurement>>;
using Rows = std::span<const ScoredRow>;

Measured accuracy(Rows rows, const MetricSettings& settings);
Measured exactMatch(Rows rows, const MetricSettings& settings);
Measured precisionMicro(Rows rows, const MetricSettings& settings);
Measured recallMicro(Rows rows, const MetricSettings& settings);
Measured f1Micro(Rows rows, const MetricSettings& settings);
Measured precisionMacro(Rows rows, const MetricSettings& settings);
Measured recallMacro(Rows rows, const MetricSettings& settings);
Measured f1Macro(Rows rows, const MetricSettings& settings);
Measured tokenF1(Rows rows, const MetricSettings& settings);
Measured bleu(Rows rows, const MetricSettings& settings);
Measured chrf(Rows rows, const MetricSettings& settings);
Measured rouge1(Rows rows, const MetricSettings& settings);
Measured rouge2(Rows rows, const MetricSettings& settings);
Measured rougeL(Rows rows, const MetricSettings& settings);
Measured rougeLsum(Rows rows, const MetricSettings& settings);
Measured perplexity(Rows rows, const MetricSettings& settings);
Measured calibrationError(Rows rows, const MetricSettings& settings);
Measured lengthInCharacters(Rows rows, const MetricSettings& settings);
Measured repetition(Rows rows, const MetricSettings& settings);
Measured emptyAnswers(Rows rows, const MetricSettings& settings);
Measured jsonStrict(Rows rows, const MetricSettings& settings);
Measured jsonLenient(Rows rows, const MetricSettings& settings);
Measured schemaValid(Rows rows, const MetricSettings& settings);
Measured regexMatch(Rows rows, const MetricSettings& settings);
Measured codeFences(Rows rows, const MetricSettings& settings);
Measured numberStrict(Rows rows, const MetricSettings& settings);
Measured numberLenient(Rows rows, const MetricSettings& settings);
Measured choiceRight(Rows rows, const MetricSettings& settings);
Measured choiceRightByCharacters(Rows rows, const MetricSettings& settings);
Measured choiceRightByBytes(Rows rows, const MetricSettings& settings);
Measured lastWordsRight(Rows rows, const MetricSettings& settings);
Measured lastWordsPerplexity(Rows rows, const MetricSettings& settings);
Measured rewardOfModel(Rows rows, const MetricSettings& settings);

} // namespace luthier::metrics
