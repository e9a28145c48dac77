// SPDX-License-Identifier: GPL-3.0-or-later
// ComparePrompt: what the base is told before it answers: a system text and examples out of the training data.
//
// Threads: GUI thread.
#pragma once

#include "core/base/result.h"

#include <QDialog>

#include <cstdint>
#include <vector>

class QComboBox;
class QLabel;
class QFormLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace luthier::ui {

class ComparePrompt : public QDialog {
    Q_OBJECT

public:
    // hasTraining: there is data to take examples from.
    explicit ComparePrompt(bool hasTraining, QWidget* parent = nullptr);

Q_SIGNALS:
    // rows: those of the training data that are shown, from 1; empty: so many as `shots` says.
    void chosen(const QString& system, int shots, bool nearest, const std::vector<std::int64_t>& rows);

private:
    void showWhether();
    bool isByHand() const;
    Result<std::vector<std::int64_t>> rowsByHand() const; // none where so many are shown

    QPlainTextEdit* m_system;
    QSpinBox* m_shots;
    QComboBox* m_which;
    QLineEdit* m_rows;
    QLabel* m_problem;
    QFormLayout* m_form;
    QPushButton* m_ok;
};

} // namespace luthier::ui
