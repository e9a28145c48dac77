// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluateTables: results.json of an evaluation as tables of texts. Keys that are not there leave their table empty.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/json.h"

#include <QStringList>

#include <utility>
#include <vector>

namespace luthier::ui {

struct TextGrid {
    QStringList headings;
    std::vector<QStringList> lines;
    int firstNumber = 1; // the columns from here on are numbers
};

// Where the likeliest label was measured beside what was written, its lines stand below, named so.
TextGrid metricGrid(const Json& results);      // metric, each system with its interval
TextGrid differenceGrid(const Json& results);
const Json& byLabelIn(const Json& results);    // the same rows by their likeliest labels, as results of their own; null: not measured
TextGrid sliceGrid(const Json& results);
TextGrid confusionGrid(const Json& results, const QString& system);
QStringList systemsIn(const Json& results);    // ids, in their order
QString titleOfSystem(const Json& results, const QString& id);

struct ChangedRow {
    qint64 row = 0;
    double change = 0; // more is better
    QString question;
    QString reference;
    std::vector<std::pair<QString, QString>> answers; // title and text, in the order of the systems
};
// Whether the first metric has a better and a worse; else rows have more or less of it.
bool hasBetter(const Json& results);
std::vector<ChangedRow> changedRows(const Json& results, bool up); // better ones, or those with more

// Certainty and share of right ones; empty: nothing is known of it.
std::vector<std::pair<double, double>> certaintyPoints(const Json& results, const QString& system);
// Step and value of the general rows, and what the value is called; empty: no checkpoints answered them.
std::pair<std::vector<std::pair<double, double>>, QString> forgettingPoints(const Json& results);

QString resultText(const Json& object, const char* key); // empty: there is none

} // namespace luthier::ui
