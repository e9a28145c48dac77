// SPDX-License-Identifier: GPL-3.0-or-later
// EvaluateSetup: what is to be evaluated: which run, who answers beside it, on which rows, by which metrics; and how long it may take.
//
// Threads: GUI thread.
#pragma once

#include "ui/models/evaluation/evaluation_desk.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QSpinBox;
class QTimer;

namespace luthier::ui {

class EvaluateSetup : public QWidget {
    Q_OBJECT

public:
    explicit EvaluateSetup(QWidget* parent = nullptr);

    void setRuns(const std::vector<EvaluableRun>& runs); // the chosen one stays
    bool chooseRun(store::RunId id);
    EvaluationChoice choice() const;
    void setChoice(const EvaluationChoice& choice); // a run that is gone leaves the one that is chosen
    void setPlan(const QString& sentence, bool canStart);

Q_SIGNALS:
    void changed(); // when it rests

private:
    QWidget* buildPrompt();
    QWidget* buildRows();
    void buildGroups(QFormLayout* form);
    QString groupBy() const;
    QWidget* fileLine(QLineEdit* line, const QString& id, const QString& name, const QString& help, const QString& kind, const QString& title, bool areSeveral = false);
    QWidget* buildCloze();
    void buildMetrics(QFormLayout* form);
    void fillBeside();
    void showPrompt();
    void touch();

    QComboBox* m_run;
    QCheckBox* m_prompted;
    QWidget* m_promptBox = nullptr;
    QPlainTextEdit* m_system;
    QSpinBox* m_shots;
    QComboBox* m_shotChoice;
    QLineEdit* m_shotRows;
    QCheckBox* m_checkpoints;
    QListWidget* m_beside;
    QLineEdit* m_file;
    QSpinBox* m_limit;
    QComboBox* m_group; // which rows count as one
    QLineEdit* m_general;
    QLineEdit* m_cloze;
    QSpinBox* m_lastWords;
    QLineEdit* m_reward;
    QComboBox* m_metric;
    QListWidget* m_metrics;
    QComboBox* m_answers; // how labels are answered
    QSpinBox* m_maxNew;
    QLineEdit* m_pattern;
    QLineEdit* m_schema;
    QLabel* m_plan;
    QTimer* m_rest;
};

} // namespace luthier::ui
