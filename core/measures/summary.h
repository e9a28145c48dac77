// SPDX-License-Identifier: GPL-3.0-or-later
// Summaries: what became of each measure on each set over a run: its first and its last value. Rows of runs, adapters and
// shoot-outs carry it, so that no row has a column for one measure.
//
// Threads: a value.
#pragma once

#include "core/base/json.h"
#include "core/measures/measure.h"

#include <cstdint>

namespace luthier::measures {

struct Summary {
    const Measure* measure;
    std::string set;
    std::int64_t firstStep; // 0: before the first step
    double first;
    std::int64_t lastStep;
    double last;

    // The value before the first step where a later one stands beside it: what was measured once has not changed.
    std::optional<double> before() const { return firstStep == 0 && lastStep > 0 ? std::optional<double>(first) : std::nullopt; }
};

class Summaries {
public:
    // Values in the order they were measured; a run that begins again replaces its first. Measures that are not told of
    // whole runs (Measure::isOfRun) are passed over.
    void take(const Measure& measure, std::string_view set, std::int64_t step, double value);
    void add(Summary summary) { m_all.push_back(std::move(summary)); } // as it was stored

    const Summary* find(const Measure& measure, std::string_view set) const; // null: never measured
    bool isEmpty() const { return m_all.empty(); }
    auto begin() const { return m_all.begin(); } // in the order of their first values
    auto end() const { return m_all.end(); }

    // The three that every run has had so far.
    std::optional<double> lastLoss() const;      // of the last step
    std::optional<double> heldOutBefore() const; // before the first step, measured again or not
    std::optional<double> heldOut() const;       // the last

private:
    std::optional<double> last(std::string_view set) const;

    std::vector<Summary> m_all;
};

// Which measure on which set: a column of a table over several runs.
struct Column {
    const Measure* measure;
    std::string set;

    friend bool operator==(const Column&, const Column&) = default;
};
// What any of the runs measured beside the loss of its steps and of its held-out rows, which such tables always show.
std::vector<Column> columnsOf(const std::vector<const Summaries*>& runs);

// [{"id":"loss","set":"held_out","first_step":0,"first":3.2,"last_step":40,"last":1.1},...]; "set" is null for training
// steps; what is no finite number is "NaN", "Infinity" or "-Infinity".
Json toJson(const Summaries& summaries);

// "NaN", "Infinity", "-Infinity", or the number: JSON knows no others.
Json numberJson(double value);
// The same without quotes, as CSV has it: the shortest form that reads back equal.
std::string numberText(double value);

} // namespace luthier::measures
