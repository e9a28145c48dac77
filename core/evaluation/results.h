// SPDX-License-Identifier: GPL-3.0-or-later
// Results: what answers of several contenders to the same rows say: each metric with its interval, differences that are paired row by row,
// what became better and worse, and one sentence that may be that nothing was shown.
//
// Threads: functions block, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/metrics/certainty.h"
#include "core/metrics/labels.h"
#include "core/metrics/metric.h"
#include "core/statistics/bootstrap.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::evaluation {

// The same rows in the same order for all contenders.
struct ScoredContender {
    std::string id;
    std::string title; // for people: "base with a prompt"
    std::vector<metrics::ScoredRow> rows;
};

struct RowFacts {
    std::int64_t row = 0;           // from 1, in its file
    std::string group;              // drawn together; empty: alone
    std::string question;
    std::vector<std::string> tags;
};

struct MetricValue {
    const metrics::Metric* metric = nullptr;
    double value = 0;
    statistics::Interval interval;  // NaN where the rows allow none
};

// `second` against `first`; better and worse as the metric means it.
struct PairedDifference {
    std::size_t first = 0; // contenders
    std::size_t second = 0;
    const metrics::Metric* metric = nullptr;
    double difference = 0; // second minus first
    statistics::Interval interval;
    double p = 1;
    const char* test = ""; // "mcnemar", "paired bootstrap"
    std::int64_t better = 0; // rows; of a metric that has no better: those with more
    std::int64_t worse = 0;
    std::int64_t same = 0;
    std::int64_t more = 0;   // rows whose number rose, whether that is better or not
    std::int64_t less = 0;
    double standardError = 0;
    double rowsToShow = 0; // that would show a difference of this size; NaN where there is none

    bool isShown() const { return p < 0.05 && !(interval.low <= 0 && interval.high >= 0); }
};

struct Flip {
    std::size_t row = 0; // place
    double change = 0;   // by the first metric, more is better, where it has a better
};

struct Slice {
    std::string name; // "tag: arithmetic", "long answers wanted", "label: good"
    std::size_t rows = 0;
    std::vector<MetricValue> values; // of the first metric, of each contender
};

struct Results {
    std::vector<RowFacts> rows;
    std::vector<ScoredContender> contenders;
    std::vector<std::vector<MetricValue>> values; // [contender][metric]
    std::vector<PairedDifference> differences;    // last contender against each before it, every metric
    std::vector<Flip> flips;                      // last against first, the largest change first; rows without one left out
    std::vector<Slice> slices;
    std::vector<metrics::Confusion> confusions;   // of each contender; empty where the references are no labels
    std::vector<std::vector<metrics::CertaintyBin>> certainty; // of each contender; empty where nothing is known of it
    std::vector<std::int64_t> cut;                // answers of each contender that ended at the limit of tokens
    std::string whyNoLabels;                      // why the references are no labels; empty: they are, or there are none
    std::size_t groups = 0;                       // rows that were drawn together count once
    std::string verdict;
    std::vector<std::string> notes;               // what a person should know of these numbers
};

// Errors: a row that has not what a metric needs, settings of a metric, "cancelled".
Result<Results> results(std::vector<ScoredContender> contenders, std::vector<RowFacts> rows, const std::vector<const metrics::Metric*>& metrics,
                        const metrics::MetricSettings& settings, const statistics::BootstrapSettings& bootstrap, const base::Progress& progress = {},
                        const base::CancelToken& cancel = {});

// {"metrics":{...} of the last contender,"rows":N,...}; what is not finite is null. `mostFlips` of each kind with their texts.
Json toJson(const Results& results, std::size_t mostFlips = 25);
Json toJson(const MetricValue& value);

// What is better about the second; 0 where the metric has no better.
double gainOf(const metrics::Metric& metric, double difference);

} // namespace luthier::evaluation
