// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluateFlips: rows that became better or worse, the largest change first, and for the chosen one the question, what was wanted, and what
// each one answered, words that differ from the first answer marked.
//
// Threads: GUI thread.
#pragma once

#include "core/base/json.h"
#include "ui/pages/evaluate/evaluate_tables.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QListWidget;
class QVBoxLayout;

namespace luthier::ui {

class DiffText;

class EvaluateFlips : public QWidget {
    Q_OBJECT

public:
    explicit EvaluateFlips(QWidget* parent = nullptr);

    void show(const Json& results);

private:
    void fill();
    void showRow(int index);

    Json m_results;
    std::vector<ChangedRow> m_rows;
    QComboBox* m_kind;
    QListWidget* m_list;
    DiffText* m_question;
    DiffText* m_reference;
    QWidget* m_answers;
    QVBoxLayout* m_column;
    QLabel* m_none;
};

} // namespace luthier::ui
