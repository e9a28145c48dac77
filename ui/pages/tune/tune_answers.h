// SPDX-License-Identifier: GPL-3.0-or-later
// TuneAnswers: at the gate of a run that learns from its own answers, some of them, with their rewards, before anything is learned:
// how many the limit cut, how many groups have no spread. Hidden where the objective has its answers in the data.
//
// Threads: GUI thread; the answers are made in a job.
#pragma once

#include "core/config/run_config.h"
#include "core/store/project.h"
#include "core/train/answers/first_answers.h"
#include "ui/bridge/job.h"

#include <QWidget>

#include <memory>

class QPushButton;
class QTableView;

namespace luthier::ui {

class StatusLabel;
class TextTable;

class TuneAnswers : public QWidget {
    Q_OBJECT

public:
    explicit TuneAnswers(QWidget* parent = nullptr);
    ~TuneAnswers() override;

    void setRecipe(const config::RunConfig& config, std::shared_ptr<store::Project> project);

private:
    void sample();
    void stop();
    void showAnswers(const Result<train::FirstAnswers>& first);

    config::RunConfig m_config;
    std::shared_ptr<store::Project> m_project;
    std::shared_ptr<train::StopControl> m_control; // of the job
    QPushButton* m_sample;
    StatusLabel* m_summary;
    TextTable* m_table;
    QTableView* m_view;
    JobSlot m_sampling;
};

} // namespace luthier::ui
