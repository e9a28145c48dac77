// SPDX-License-Identifier: GPL-3.0-or-later
// Metric: a row of the table of what answers are measured by. A new one is a function that measures rows, and a line in metrics.cpp;
// flags, tables, reports and tests over metrics follow.
//
// A measurement keeps what each row gives, so that the value of any choice of rows is cheap: that is what a bootstrap asks for.
//
// Threads: any. The table is constant; a measurement is constant once made.
#pragma once

#include "core/base/result.h"
#include "core/measures/measure.h"
#include "core/metrics/scored_row.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::metrics {

struct MetricSettings {
    bool stemmer = false;  // ROUGE compares words by their stems, as its use_stemmer
    std::string pattern;   // of regex_match
    std::string schema;    // of schema_valid: a JSON Schema
};

class Measurement {
public:
    virtual ~Measurement() = default;
    virtual std::size_t rows() const = 0;
    // With row i counted counts[i] times. NaN where there is nothing to measure.
    virtual double value(std::span<const std::uint32_t> counts) const = 0;
    // Of one row alone, as the metric is defined on a single row. NaN where it is not.
    virtual double ofRow(std::size_t row) const = 0;

    double value() const; // every row once
};

// What a metric needs of each row beside the prediction.
enum Need : unsigned {
    kReferences = 1,
    kLikelihood = 2, // a model that scored the references
    kConfidence = 4, // a model's probability of its own answer
    kPattern = 8,    // the setting of that name
    kSchema = 16,
    kChoices = 32, // choices that a model scored
    kReward = 64,  // a reward model that scored the prediction
    kCloze = 128,  // last words that a model scored
};

struct Metric {
    std::string_view id; // in flags and JSON; once given it stays
    const char* label;   // English source string
    const char* help;    // what it is, and as which program counts it
    const char* unit;    // source string; empty: none
    measures::Better better;
    int digits;          // after the point in tables
    unsigned needs;      // of Need
    bool isRightOrWrong; // a row is 0 or 1: counts of flips and exact tests make sense
    // `rows` have what the metric needs. Errors: of the settings.
    Result<std::unique_ptr<Measurement>> (*measure)(std::span<const ScoredRow> rows, const MetricSettings& settings);
};

std::span<const Metric> metrics();
// Error: no such metric, with those that there are.
Result<const Metric*> findMetric(std::string_view id);
// "accuracy,f1": the first wrong name is the error. `f1`, `precision` and `recall` stand for their macro averages.
Result<std::vector<const Metric*>> metricsByName(std::string_view names);

// Why a row cannot be measured by `metric`; empty when it can. Settings that are missing are told by measure().
std::string missingFor(const Metric& metric, const ScoredRow& row);

} // namespace luthier::metrics
