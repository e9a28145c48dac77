// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluateResult: what an evaluation came to: the verdict, numbers with their intervals, the rows that changed with both answers, slices,
// labels and certainty, and what was forgotten.
//
// Threads: GUI thread.
#pragma once

#include "core/base/json.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QTableView;
class QTabWidget;

namespace luthier::ui {

class EvaluateFlips;
class PointChart;
class StatusLabel;
class TextTable;
struct TextGrid;

class EvaluateResult : public QWidget {
    Q_OBJECT

public:
    explicit EvaluateResult(QWidget* parent = nullptr);

    void show(const Json& results);

Q_SIGNALS:
    void reportWanted();
    void judgingWanted();
    void cardWanted();

private:
    QTableView* table(const QString& id, const QString& name, const QString& help);
    void fill(QTableView* view, const TextGrid& grid);
    void showLabels();
    void showGeneral();

    Json m_results;
    QLabel* m_verdict;
    StatusLabel* m_notes;
    QTabWidget* m_tabs;
    QTableView* m_numbers;
    QTableView* m_differences;
    EvaluateFlips* m_flips;
    QTableView* m_slices;
    QWidget* m_labelPage = nullptr;
    QComboBox* m_system;
    QTableView* m_confusion;
    PointChart* m_certainty;
    QWidget* m_generalPage = nullptr;
    QLabel* m_forgetting;
    QTableView* m_general;
    PointChart* m_curve;
};

} // namespace luthier::ui
