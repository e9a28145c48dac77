// SPDX-License-Identifier: GPL-3.0-or-later
// CheckpointsDialog: the checkpoints of a run, with what is known of each, to go on from one of them: the run itself, or another run that
// leaves this one as it is, with its own settings or those of the Tune page.
//
// Threads: GUI thread; the project is read in a job.
#pragma once

#include "core/store/runs/run_checkpoints.h"

#include <QDialog>

#include <vector>

class QComboBox;
class QPushButton;
class QTableWidget;

namespace luthier::ui {

class StatusLabel;
class Workspace;

class CheckpointsDialog : public QDialog {
    Q_OBJECT

public:
    CheckpointsDialog(Workspace& workspace, store::RunId run, const QString& name, QWidget* parent = nullptr);

private:
    void show(const Result<std::vector<store::RunCheckpoint>>& found);
    void refresh();
    std::int64_t step() const; // of the chosen one; 0: none

    Workspace& m_workspace;
    store::RunId m_run;
    std::vector<store::RunCheckpoint> m_all;
    QTableWidget* m_table;
    QComboBox* m_settings;
    QPushButton* m_resume;
    QPushButton* m_fork;
    StatusLabel* m_state;
};

} // namespace luthier::ui
