// SPDX-License-Identifier: GPL-3.0-or-later
// Measure: a number that a run measures, described once. Charts, tables of runs, the shoot-out, the printer, CSV and
// JSON read the description here; a new measure is one row of the table in measure.cpp.
//
// A measurement is a measure, the set of rows it was taken on, and a value. The set stands on the event that carries the
// values: an evaluation names it, a step's is kStepSet. Ids that the table does not know (a newer Luthier wrote them) are
// described by their id alone and go every way the known ones go.
//
// Threads: any. Descriptions live as long as the program.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::measures {

inline constexpr std::string_view kStepSet;               // the rows of a training step
inline constexpr std::string_view kHeldOutSet = "held_out"; // the rows that a run keeps aside

enum class Better { Lower, Higher, Neither };

enum class Drawing {
    Smoothed, // of steps: faint as measured, strong under the smoothing that the person chose
    Exact,    // of steps: one strong line through every value, for what does not scatter
    None,     // kept and exported, on no chart
};

struct Measure {
    std::string_view id; // in JSON, CSV and the project; once given it stays
    const char* label;   // English source strings, context "Measure"; begins small: "loss"
    const char* help;
    const char* unit;    // source string; empty: none
    Better better;
    Drawing drawing;
    const char* chart;   // id of the chart it is drawn on, together with what else names it; empty: one of its own
    bool isLogarithmic; // the chart begins with a scale of equal ratios
    int digits;          // after the point in tables, significant ones beside a chart
    bool isOfRun;        // tables of runs tell the first and the last value
};

std::span<const Measure> table();

// The row of the table, or the description of an id that is not in it: always the same object for the same id.
const Measure& measureOf(std::string_view id);
bool isKnown(const Measure& measure);

// What one event carries beside its fixed members, in the order it was measured. A plain vector: nothing is allocated
// where nothing more is measured, one block otherwise, and ids are never copied.
struct Value {
    const Measure* measure;
    double value;

    friend bool operator==(const Value&, const Value&) = default;
};
using Values = std::vector<Value>;

std::optional<double> find(const Values& values, const Measure& measure);
// Replaces the value that is there, or adds it.
void set(Values& values, const Measure& measure, double value);

// "loss", "held-out loss", "general loss": for sentences and tables in English.
std::string nameOf(const Measure& measure, std::string_view set);
// "loss", "held_out.loss": for columns that programs read.
std::string columnOf(const Measure& measure, std::string_view set);
// A value as a person reads it, C locale: so many digits after the point, and by its exponent where they would not show it.
std::string textOf(const Measure& measure, double value);
bool isPlain(const Measure& measure, double value); // the point will do

} // namespace luthier::measures
